import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const openedBill = (reference) => ({
    content: `The bill shows “${reference}”`,
    trigger: `.o_field_widget[name=ref] input:value(${reference})`,
});
const fill = (name, text) => ({
    content: `Type in ${name}`,
    trigger: `.o_field_widget[name=${name}] input`,
    run: `edit ${text}`,
});
const save = { content: "Save", trigger: ".o_form_button_save:visible", run: "click" };
const saved = {
    content: "It is saved",
    trigger: ".o_form_saved:not(:visible), .o_form_status_indicator_buttons.invisible",
};

tours.add("facturation_collab_conflict_is_asked_about", {
    steps: () => [
        openedBill("Before"),
        fill("ref", "Mine"),
        save,
        {
            content: "The other person changed the reference too: both are shown",
            trigger: ".o_conflict_dialog .o_conflict_row:contains(Theirs):contains(Mine)",
        },
        {
            content: "Go on editing: nothing is lost",
            trigger: ".o_conflict_cancel",
            run: "click",
        },
        openedBill("Mine"),
        save,
        {
            content: "Keep mine",
            trigger: ".o_conflict_all_mine",
            run: "click",
        },
        {
            content: "Save what was chosen",
            trigger: ".o_conflict_confirm:enabled",
            run: "click",
        },
        saved,
        openedBill("Mine"),
    ],
});

tours.add("facturation_collab_other_fields_are_merged", {
    steps: () => [
        openedBill("Before"),
        fill("payment_reference", "Mine"),
        save,
        {
            content: "What the other person changed is merged, and said",
            trigger: ".o_notification:contains(What Finance changed meanwhile was merged with yours)",
        },
        openedBill("Theirs"),
    ],
});

tours.add("facturation_collab_page_is_closed_in_a_conflict", {
    steps: () => [
        openedBill("Before"),
        fill("ref", "Left"),
        {
            content: "The page is closed: the browser sends what was typed, and nobody is left to answer",
            trigger: ".o_form_button_save:visible",
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        {
            content: "What was left is offered",
            trigger: ".o_conflict_dialog .modal-title:contains(You left changes unsaved)",
        },
        {
            content: "Take mine",
            trigger: ".o_conflict_dialog .o_conflict_row .o_conflict_mine",
            run: "click",
        },
        {
            content: "Save it",
            trigger: ".o_conflict_confirm:enabled",
            run: "click",
        },
        openedBill("Left"),
    ],
});

const conflictInAList = (name, between = []) => [
    {
        content: "Select the row",
        trigger: `.o_data_row:has(td[name=${name}]:contains(Before)) .o_list_record_selector input`,
        run: "click",
    },
    {
        content: "Edit it",
        trigger: `.o_data_row_selected td[name=${name}]`,
        run: "click",
    },
    {
        content: "Type",
        trigger: `.o_data_row_selected td[name=${name}] input, .o_data_row_selected td[name=${name}] textarea`,
        run: "edit Mine && press Enter",
    },
    {
        content: "The other person changed the same: both are shown, with the invoice",
        trigger:
            ".o_conflict_dialog:contains(You and Contributor changed the same in) .o_conflict_row:contains(Theirs)",
    },
    ...between,
    {
        content: "Keep mine",
        trigger: ".o_conflict_all_mine",
        run: "click",
    },
    {
        content: "Save what was chosen",
        trigger: ".o_conflict_confirm:enabled",
        run: "click",
    },
    {
        content: "The row shows it",
        trigger: `.o_data_row td[name=${name}]:not(:has(input)):not(:has(textarea)):contains(Mine)`,
    },
];

const goOnEditing = (cell) => [
    {
        content: "Go on editing",
        trigger: ".o_conflict_cancel",
        run: "click",
    },
    {
        content: "Nothing is asked again by itself",
        trigger: "body:not(:has(.modal))",
    },
    {
        content: "Nothing is lost: save again",
        trigger: cell,
        run: "press Enter",
    },
];

tours.add("facturation_collab_conflict_in_a_list_of_invoices", {
    steps: () => conflictInAList("ref", goOnEditing("td[name=ref] input:value(Mine)")),
});

tours.add("facturation_collab_conflict_in_a_list_of_lines", {
    steps: () =>
        conflictInAList("name", goOnEditing("td[name=name] textarea:value(Mine), td[name=name] input:value(Mine)")),
});

tours.add("facturation_collab_stale_approval_shows_the_change", {
    steps: () => [
        {
            content: "The bill that waits",
            trigger: ".o_field_widget[name=ref]:contains(Before)",
        },
        {
            content: "Approve what is on the screen",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "It was changed meanwhile: what changed is shown, and nothing was decided",
            trigger: ".o_revision_error_dialog .o_validation_difference:contains(Theirs)",
        },
        {
            content: "Look at it as it is now",
            trigger: ".o_revision_reload",
            run: "click",
        },
        {
            content: "It shows what was changed",
            trigger: ".o_field_widget[name=ref]:contains(Theirs)",
        },
        {
            content: "Approve that",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "It is approved at this level",
            trigger: ".o_form_view:not(:has(button[name=action_approve]))",
        },
    ],
});
