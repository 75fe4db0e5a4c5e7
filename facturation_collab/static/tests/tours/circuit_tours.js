import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

function expectStateInPanel(label) {
    return {
        content: `The panel says “${label}”`,
        trigger: `.o_validation_panel_state:contains(${label})`,
    };
}

function expectStep(name, state, text) {
    return {
        content: `The level ${name} is ${state}: ${text}`,
        trigger: `.o_validation_step[data-state=${state}]:has(.o_validation_step_name:contains(${name})):contains(${text})`,
    };
}

function approve() {
    return [
        {
            content: "Approve",
            trigger: ".o_decision_approve",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_to_validate_empty",
        },
    ];
}

// ------------------------------------------------------------------ an absence in the middle of a circuit

tours.add("facturation_collab_controller_confirms_the_deputy_on_a_phone", {
    steps: () => [
        {
            content: "Odoo knows of the absence and proposes the deputy",
            trigger: ".o_kanban_record:contains(Deputy for Controller):contains(Proposed)",
            run: "click",
        },
        {
            content: "One click confirms it",
            trigger: ".o_form_view button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The deputy decides from now on",
            trigger: ".o_form_view:not(:has(button[name=action_confirm])) button[name=action_revoke]",
        },
    ],
});

tours.add("facturation_collab_deputy_approves_level_two_on_a_phone", {
    steps: () => [
        {
            content: "The card says for whom, and at which level",
            trigger: ".o_validation_card_why:contains(Why you: Finance):contains(Deputy can decide for Controller)",
        },
        {
            content: "The panel says that it waits for the deputy",
            trigger: ".o_validation_panel_next:contains(Deputy)",
        },
        ...approve(),
    ],
});

tours.add("facturation_collab_controller_reads_who_decided", {
    steps: () => [
        expectStateInPanel("Approved"),
        {
            content: "Open the panel: what is settled starts closed",
            trigger: ".o_validation_panel_toggle[aria-expanded=false]",
            run: "click",
        },
        expectStep("Manager", "approved", "Manager"),
        expectStep("Finance", "approved", "Deputy for Controller"),
        {
            content: "The bill can be posted",
            trigger: "button[name=action_post]:contains(Confirm)",
            run: "click",
        },
        {
            content: "The bill is posted",
            trigger: ".o_arrow_button_current:contains(Posted)",
        },
    ],
});

// ------------------------------------------------------------------ an edit after level two

tours.add("facturation_collab_contributor_corrects_within_the_tolerance", {
    steps: () => [
        expectStateInPanel("Returned"),
        {
            content: "Correct the price",
            trigger: ".o_data_row .o_data_cell[name=price_unit]",
            run: "click",
        },
        {
            content: "A little more than before",
            trigger: ".o_selected_row .o_field_widget[name=price_unit] input",
            run: "edit 1030",
        },
        ...stepUtils.saveForm(),
        {
            content: "The preview says that the approval of the first level stands",
            trigger:
                ".o_validation_step:has(.o_validation_step_name:contains(Manager)) .o_validation_step_standing:contains(tolerates 5 %)",
        },
        {
            content: "It goes to finance",
            trigger: ".o_validation_panel_next:contains(it goes to Controller)",
        },
        {
            content: "Submit it again",
            trigger: "button[name=action_submit]:contains(Submit)",
            run: "click",
        },
        expectStateInPanel("To validate"),
        expectStep("Manager", "approved", "1,000.00 by Manager"),
        expectStep("Finance", "open", "Controller"),
        expectStep("Direction", "waiting", "Director"),
    ],
});

tours.add("facturation_collab_controller_sees_the_difference_on_a_phone", {
    steps: () => [
        {
            content: "The card shows what changed since this person approved it",
            trigger:
                ".o_validation_card > .o_validation_difference:contains(Changed since Controller approved it) del:contains(1000)",
        },
        {
            content: "And what it is now",
            trigger: ".o_validation_card > .o_validation_difference ins:contains(1030)",
        },
        {
            content: "The amount is the new one",
            trigger: ".o_validation_card_amount:contains(1,030.00)",
        },
        ...approve(),
    ],
});

// ------------------------------------------------------------------ back to an earlier level

tours.add("facturation_collab_controller_returns_to_the_first_level_on_a_phone", {
    steps: () => [
        {
            content: "Return the bill",
            trigger: ".o_decision_return",
            run: "click",
        },
        {
            content: "Not to whoever submitted it, but to the level of the manager",
            trigger: ".o_decision_target",
            run: "selectByLabel Manager",
        },
        {
            content: "The question is for that level",
            trigger: ".o_decision_bar label:contains(What has to be looked at again?)",
        },
        {
            content: "Ask",
            trigger: ".o_decision_comment",
            run: "edit Was all of it delivered?",
        },
        {
            content: "Return it",
            trigger: ".o_decision_confirm",
            run: "click",
        },
        {
            content: "It is no longer here",
            trigger: ".o_to_validate_empty",
        },
    ],
});

tours.add("facturation_collab_manager_answers_what_came_back_on_a_phone", {
    steps: () => [
        {
            content: "The question is on the card",
            trigger: ".o_validation_card .o_validation_comment:contains(Was all of it delivered?)",
        },
        ...approve(),
    ],
});
