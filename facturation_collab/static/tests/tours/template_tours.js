import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("facturation_collab_manager_saves_a_template", {
    steps: () => [
        {
            content: "A bill that comes every month",
            trigger: ".o_field_widget[name=partner_id] input:value(Landlord)",
        },
        {
            content: "Its actions",
            trigger: ".o_cp_action_menus .dropdown-toggle, .o_cp_action_menus button",
            run: "click",
        },
        {
            content: "Save it as a template",
            trigger: ".dropdown-menu .dropdown-item:contains(Save as a template)",
            run: "click",
        },
        {
            content: "Give it a name",
            trigger: ".o_form_view .o_field_widget[name=name] input",
            run: "edit Monthly rent",
        },
        {
            content: "Its line is there, with a placeholder for the month",
            trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(Rent of {month})",
        },
        {
            content: "Put it in use",
            trigger: "button[name=action_activate]",
            run: "click",
        },
        {
            content: "It is in use",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Active)",
        },
    ],
});

tours.add("facturation_collab_contributor_applies_a_template", {
    steps: () => [
        {
            content: "The empty bill names the templates that fit it",
            trigger: ".alert:contains(Monthly rent)",
        },
        {
            content: "Apply one",
            trigger: ".alert button[name=action_open_template_dialog]",
            run: "click",
        },
        {
            content: "The closest is chosen",
            trigger: ".modal .o_field_widget[name=template_id] input:value(Monthly rent)",
        },
        {
            content: "What would change is shown first",
            trigger: ".modal table:contains(Lines that come):contains(Rent of January 2026)",
        },
        {
            content: "The total, too",
            trigger: ".modal table:contains(What changes):contains(Total):contains(900.00)",
        },
        {
            content: "Apply it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "The lines are there",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=invoice_line_ids]:contains(Rent of January 2026)",
        },
    ],
});

tours.add("facturation_collab_contributor_starts_from_a_template_on_a_phone", {
    steps: () => [
        {
            content: "The templates of the department",
            trigger: ".o_kanban_record:contains(Monthly rent)",
        },
        {
            content: "A new bill of this kind",
            trigger: ".o_kanban_record:contains(Monthly rent) button[name=action_create_invoice]",
            run: "click",
        },
        {
            content: "It is there, with its total",
            trigger: ".o_form_view .o_field_widget[name=tax_totals]:contains(900.00)",
        },
    ],
});

tours.add("facturation_collab_manager_makes_a_new_version", {
    steps: () => [
        {
            content: "What was used stays as it is",
            trigger: ".alert:contains(stays as it is)",
        },
        {
            content: "How often it was used",
            trigger: "button[name=action_view_invoices] .o_stat_value:contains(2)",
        },
        {
            content: "Prepare a new version",
            trigger: "button[name=action_new_version]",
            run: "click",
        },
        {
            content: "It is the second one",
            trigger: ".o_form_view .oe_title:contains(Version 2)",
        },
        {
            content: "The rent goes up",
            trigger: ".o_field_widget[name=line_ids] .o_data_row .o_data_cell[name=price_unit]",
            run: "click",
        },
        {
            content: "The new price",
            trigger: ".o_field_widget[name=line_ids] .o_data_row .o_field_widget[name=price_unit] input",
            run: "edit 950",
        },
        {
            content: "Put it in use",
            trigger: "button[name=action_activate]",
            run: "click",
        },
        {
            content: "It is in use",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains(Active)",
        },
        {
            content: "It says what it changed",
            trigger: ".nav-link[name=versions]",
            run: "click",
        },
        {
            content: "The price",
            trigger: ".o_field_widget[name=all_version_ids]:contains(950)",
        },
    ],
});
