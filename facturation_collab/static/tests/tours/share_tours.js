import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

/** Steps that refuse a line of the dialog with a reason, on a desktop. */
function refuseLine(label, reason) {
    return [
        {
            content: `Mark ${label}`,
            trigger: `.modal .o_data_row:contains(${label}) .o_field_widget[name=is_refused] input`,
            run: "click",
        },
        {
            content: "Go to the reason",
            trigger: `.modal .o_data_row:contains(${label}) td[name=reason]`,
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_selected_row .o_field_widget[name=reason] input",
            run: `edit ${reason}`,
        },
        {
            content: "Approve the others",
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
    ];
}

tours.add("facturation_collab_head_refuses_a_line", {
    steps: () => [
        {
            content: "The card shows the share, not only the whole bill",
            trigger: ".o_validation_card .o_validation_share:contains(This share: $ 250.00 of $ 650.00)",
        },
        {
            content: "With its lines",
            trigger: ".o_validation_card .o_validation_share_line:contains(Pallets)",
        },
        {
            content: "Refuse lines",
            trigger: ".o_decision_refuse_lines",
            run: "click",
        },
        {
            content: "Only lines of the share are listed",
            trigger: ".modal .o_list_renderer:not(:contains(Posters))",
        },
        ...refuseLine("Pallets", "Never delivered"),
        {
            content: "Nothing is left to do",
            trigger: ".o_to_validate_empty",
        },
    ],
});

tours.add("facturation_collab_head_refuses_a_line_on_a_phone", {
    steps: () => [
        {
            content: "Refuse lines",
            trigger: ".o_decision_refuse_lines",
            run: "click",
        },
        {
            content: "Open the line",
            trigger: ".modal .o_kanban_record:contains(Pallets)",
            run: "click",
        },
        {
            content: "Refuse it",
            trigger: ".modal .o_form_view .o_field_widget[name=is_refused] input",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Never delivered",
        },
        {
            content: "Keep it",
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "The line is marked",
            trigger: ".modal .o_kanban_record:contains(Never delivered)",
        },
        {
            content: "Approve the others",
            trigger: ".modal footer button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_to_validate_empty",
        },
    ],
});

tours.add("facturation_collab_contributor_takes_refused_lines_out", {
    steps: () => [
        {
            content: "The reason is in the panel",
            trigger: ".o_validation_panel_refused:contains(Never delivered)",
        },
        {
            content: "Take the refused lines out",
            trigger: "button[name=action_remove_refused_lines]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "The line is gone, the amount is right",
            trigger: ".o_form_view:not(:contains(Pallets)) .o_tax_total_label, .o_form_view:contains(600.00)",
        },
        {
            content: "Submit again",
            trigger: "button[name=action_submit]:contains(Submit)",
            run: "click",
        },
        {
            content: "What the others approved stands",
            trigger: ".o_validation_step[data-state=approved]:contains(Departments, Marketing)",
        },
        {
            content: "Only the department with a changed share is asked again",
            trigger: ".o_validation_step[data-state=open]:contains(Departments, Logistics)",
        },
    ],
});

tours.add("facturation_collab_planner_decides_a_share_alone", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='facturation_collab.menu_facturation_collab_root']",
            run: "click",
        },
        {
            content: "No whole invoice waits",
            trigger: ".o_to_validate_empty",
        },
        {
            content: "Open the menu Invoices",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_invoices']",
            run: "click",
        },
        {
            content: "Open the shares",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_my_shares']",
            run: "click",
        },
        {
            content: "Open the one that waits",
            trigger: ".o_data_row:contains(Tour Vendor) td[name=share_title]",
            run: "click",
        },
        {
            content: "Its lines are shown, and no others",
            trigger: ".o_form_view:contains(Stand):not(:contains(Pallets)):not(:contains(Posters))",
        },
        {
            content: "Approve it",
            trigger: ".o_form_view button[name=action_approve]",
            run: "click",
        },
        {
            content: "It is approved",
            trigger: ".o_form_view .o_statusbar_status button[aria-checked=true]:contains(Approved)",
        },
    ],
});
