import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("facturation_collab_manager_asks_on_a_phone", {
    steps: () => [
        {
            content: "Something is unclear: ask",
            trigger: ".o_validation_card:contains(Tour Vendor)",
        },
        {
            content: "Ask",
            trigger: ".o_decision_ask",
            run: "click",
        },
        {
            content: "Choose what it is about",
            trigger: ".modal .o_field_widget[name=kind_id] input",
            run: "click",
        },
        {
            content: "The price",
            trigger: ".modal .o_kanban_record:contains(Test price)",
            run: "click",
        },
        {
            content: "Choose who answers",
            trigger: ".modal .o_field_widget[name=user_id] input",
            run: "click",
        },
        {
            content: "The contributor",
            trigger: ".modal .o_kanban_record:contains(Contributor)",
            run: "click",
        },
        {
            content: "Write the question",
            trigger: ".modal .o_field_widget[name=text] textarea",
            run: "edit Is the price right?",
        },
        {
            content: "Ask it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The card says who has the question",
            trigger: "body:not(:has(.modal)) .o_validation_card_why:contains(Contributor has it)",
        },
    ],
});

tours.add("facturation_collab_manager_goes_on_after_the_answer", {
    steps: () => [
        {
            content: "Nothing holds the approval any more",
            trigger: ".o_validation_card:contains(Tour Vendor) .o_validation_card_why:not(:contains(has it))",
        },
        {
            content: "Approve",
            trigger: ".o_decision_approve",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_to_validate_empty",
        },
    ],
});

tours.add("facturation_collab_manager_accepts_the_answer", {
    steps: () => [
        {
            content: "The answer came by e-mail",
            trigger: ".o_field_widget[name=answer]:contains(It is right.)",
        },
        {
            content: "Accept it",
            trigger: "button[name=action_accept]",
            run: "click",
        },
        {
            content: "It is accepted",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Accepted)",
        },
    ],
});
