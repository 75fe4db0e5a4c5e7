import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("facturation_collab_customer_disputes", {
    steps: () => [
        {
            content: "Something is wrong with the invoice",
            trigger: ".o_dispute_invoice",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Say what it is about",
            trigger: ".o_portal_ask select[name=kind_id]",
            run: "selectByLabel Test price",
        },
        {
            content: "Only some lines are wrong",
            trigger: "#scope_lines",
            run: "click",
        },
        {
            content: "The delivery",
            trigger: ".form-check:contains(Delivery) input[name=line_ids]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: "textarea[name=text]",
            run: "edit Nothing was delivered.",
        },
        {
            content: "Send it",
            trigger: ".o_portal_ask button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is being looked at",
            trigger: ".o_question_state:contains(Being looked at)",
        },
    ],
});

tours.add("facturation_collab_contributor_proposes_a_credit_note", {
    steps: () => [
        {
            content: "The dispute says how much",
            trigger: ".o_field_widget[name=disputed_amount]:contains(50.00)",
        },
        {
            content: "The customer is right",
            trigger: "button[name=action_open_credit_dialog]",
            run: "click",
        },
        {
            content: "The dialog proposes what is disputed",
            trigger: ".modal .o_field_widget[name=line_ids]:contains(Delivery)",
        },
        {
            content: "Propose it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The credit note goes through its own validation",
            trigger: "button[name=action_submit]:contains(Submit)",
            run: "click",
        },
        {
            content: "It is under validation",
            trigger: ".o_validation_panel:contains(Credit)",
        },
    ],
});

tours.add("facturation_collab_customer_accepts_the_credit_note", {
    steps: () => [
        {
            content: "The credit note is there",
            trigger: ".o_question_credit:contains(50.00)",
        },
        {
            content: "The answer says so",
            trigger: ".o_question_answer:contains(You are right)",
        },
        {
            content: "Accept it",
            trigger: ".o_accept_answer",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The dispute is settled",
            trigger: ".o_question_state:contains(Settled)",
        },
    ],
});

tours.add("facturation_collab_service_answers_a_customer", {
    steps: () => [
        {
            content: "Search a customer",
            trigger: ".o_searchview_input",
            run: "edit Azure",
        },
        {
            content: "By name",
            trigger: ".o_searchview_autocomplete .o-dropdown-item:first",
            run: "click",
        },
        {
            content: "Open the invoice",
            trigger: ".o_data_row:contains(Azure) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "Answer what the customer asks",
            trigger: ".o_field_widget[name=question_ids] button[name=action_open_dialog]",
            run: "click",
        },
        {
            content: "With a prepared answer",
            trigger: ".modal .o_field_widget[name=canned_response_id] input",
            run: "click",
        },
        {
            content: "The one about prices",
            trigger: ".o-autocomplete--dropdown-item:contains(price)",
            run: "click",
        },
        {
            content: "Its text is there",
            trigger: ".modal .o_field_widget[name=text] textarea:value(The price is that of your order.)",
        },
        {
            content: "Send it",
            trigger: ".modal button[name=action_confirm]:contains(Answer)",
            run: "click",
        },
        {
            content: "It is answered",
            trigger: ".o_field_widget[name=question_ids] .o_data_row:contains(Answered)",
        },
    ],
});
