import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

function closeDialog() {
    return [
        {
            content: "Close the dialog",
            trigger: ".modal footer button:contains(Close)",
            run: "click",
        },
        {
            content: "It is closed",
            trigger: "body:not(:has(.modal))",
        },
    ];
}

tours.add("facturation_collab_administrator_explains_an_access", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='facturation_collab.menu_facturation_collab_root']",
            run: "click",
        },
        {
            content: "Open the configuration",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_configuration']",
            run: "click",
        },
        {
            content: "Open the screen",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_access_explanation']",
            run: "click",
        },
        {
            content: "It says what to do",
            trigger: ".modal .o_field_widget[name=answer]:contains(Choose a person)",
        },
        {
            content: "Say whose access it is about",
            trigger: ".o_field_widget[name=user_id] input",
            run: "edit Outsider",
        },
        {
            content: "Take the person",
            trigger: ".o-autocomplete--dropdown-item:contains(Outsider)",
            run: "click",
        },
        {
            content: "Name the invoice",
            trigger: ".o_field_widget[name=reference] input",
            run: "edit TOUR-9",
        },
        {
            content: "Leave the field",
            trigger: ".modal .o_form_sheet",
            run: "click",
        },
        {
            content: "The answer comes at once, without anything of the invoice",
            trigger: ".o_field_widget[name=answer] .alert-danger:contains(cannot read this invoice)",
        },
        ...closeDialog(),
    ],
});

tours.add("facturation_collab_auditor_explains_an_access_on_a_phone", {
    steps: () => [
        {
            content: "Open the actions of the invoice",
            trigger: ".o_cp_action_menus .dropdown-toggle, .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "Ask why",
            trigger: ".dropdown-menu .dropdown-item:contains(Explain an access)",
            run: "click",
        },
        {
            content: "The invoice is named already",
            trigger: ".modal .o_field_widget[name=reference]",
        },
        {
            content: "Say whose access it is about",
            trigger: ".o_field_widget[name=user_id] input",
            run: "click",
        },
        {
            content: "Take the person",
            trigger: ".o_kanban_record:contains(collab_contributor)",
            run: "click",
        },
        {
            content: "The answer says yes, and why",
            trigger: ".o_field_widget[name=answer] .alert-success:contains(can read this invoice)",
        },
        {
            content: "The fact behind it",
            trigger: ".o_field_widget[name=answer] li:contains(has the role Contributor in Marketing)",
        },
        ...closeDialog(),
    ],
});
