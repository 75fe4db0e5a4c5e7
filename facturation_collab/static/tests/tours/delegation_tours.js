import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("facturation_collab_manager_has_somebody_decide_on_a_phone", {
    steps: () => [
        {
            content: "Nobody decides for the manager yet, and the screen says what to do",
            trigger: ".o_view_nocontent:contains(Nobody decides for you)",
        },
        {
            content: "Have somebody decide",
            trigger: ".o_control_panel button:contains(Have somebody decide)",
            run: "click",
        },
        {
            content: "Choose who",
            trigger: ".modal .o_field_widget[name=to_user_id] input",
            run: "click",
        },
        {
            content: "Take the deputy",
            trigger: ".modal .o_kanban_record:contains(Deputy)",
            run: "click",
        },
        {
            content: "Delegate",
            trigger: ".modal button[name=action_delegate]",
            run: "click",
        },
        {
            content: "It runs, and says who decides for whom",
            trigger: ".o_kanban_record:contains(Deputy for Manager):contains(Running)",
        },
    ],
});

tours.add("facturation_collab_deputy_approves_for_somebody_on_a_phone", {
    steps: () => [
        {
            content: "The card says for whom",
            trigger:
                ".o_validation_card:contains(Tour Vendor) .o_validation_card_why:contains(Deputy can decide for Manager)",
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

tours.add("facturation_collab_finance_sees_who_decided_for_whom", {
    steps: () => [
        {
            content: "The panel names both",
            trigger: ".o_validation_step .o_person_avatar_name:contains(Deputy for Manager)",
        },
        {
            content: "Open the actions of the invoice",
            trigger: ".o_cp_action_menus .dropdown-toggle, .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "Ask for advice",
            trigger: ".dropdown-menu .dropdown-item:contains(Ask for advice)",
            run: "click",
        },
        {
            content: "Say whom",
            trigger: ".modal .o_field_widget[name=user_id] input",
            run: "edit Deputy",
        },
        {
            content: "Take the person",
            trigger: ".o-autocomplete--dropdown-item:contains(Deputy)",
            run: "click",
        },
        {
            content: "Say what",
            trigger: ".modal .o_field_widget[name=comment] textarea",
            run: "edit Was it delivered?",
        },
        {
            content: "Ask",
            trigger: ".modal button[name=action_confirm]:contains(Ask):visible",
            run: "click",
        },
        {
            content: "The question is in the panel",
            trigger: ".o_validation_panel_comments:contains(Was it delivered?)",
        },
    ],
});
