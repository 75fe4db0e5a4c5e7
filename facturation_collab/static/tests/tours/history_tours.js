import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const showsReference = (reference) => ({
    content: `The bill shows “${reference}”`,
    trigger: `.o_field_widget[name=ref] input:value(${reference})`,
});

tours.add("facturation_collab_history_is_read_and_a_version_brought_back", {
    steps: () => [
        showsReference("Before"),
        { content: "Edit", trigger: ".o_field_widget[name=ref] input", run: "edit After" },
        { content: "Save", trigger: ".o_form_button_save:visible", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved:not(:visible), .o_form_status_indicator_buttons.invisible" },
        { content: "Look at the history", trigger: ".nav-link[name=history_tab]", run: "click" },
        {
            content: "The change is there, in words",
            trigger: ".o_history_item[data-kind=change] [data-place=ref]:contains(Before):contains(After)",
        },
        { content: "The bill was created", trigger: ".o_history_item[data-kind=created]" },
        {
            content: "Compare with the bill as it was created",
            trigger: ".o_history_item[data-kind=created] .o_history_since",
            run: "click",
        },
        {
            content: "Both sides stand beside each other",
            trigger: ".o_version_comparison .o_version_row[data-place=ref]:contains(Before):contains(After)",
        },
        { content: "Only what differs", trigger: ".o_version_comparison:not(:has([data-place=partner_id]))" },
        { content: "Everything", trigger: ".o_version_all", run: "click" },
        { content: "The partner is the same", trigger: ".o_version_comparison [data-place=partner_id]" },
        { content: "Bring it back", trigger: ".o_version_restore", run: "click" },
        { content: "Yes", trigger: ".modal-footer .btn-primary:contains(Bring it back)", run: "click" },
        {
            content: "That is a change like another",
            trigger: ".o_history_item:contains(Brought version 0 back)",
        },
        showsReference("Before"),
    ],
});
