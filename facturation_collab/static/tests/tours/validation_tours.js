import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

/** Steps that put a text into a field of the form. */
function fillField(name, text) {
    return {
        content: `Fill ${name}`,
        trigger: `.o_field_widget[name=${name}] input, .o_field_widget[name=${name}] textarea`,
        run: `edit ${text}`,
    };
}

function openOurApp() {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app that people without the accounting menu have",
            trigger: ".o_app[data-menu-xmlid='facturation_collab.menu_facturation_collab_root']",
            run: "click",
        },
    ];
}

function openOurBills() {
    return [
        ...openOurApp(),
        {
            content: "Open the menu Invoices",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_invoices']",
            run: "click",
        },
        {
            content: "Open the vendor bills",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_invoices_in']",
            run: "click",
        },
    ];
}

function expectStateInPanel(label) {
    return {
        content: `The panel says “${label}”`,
        trigger: `.o_validation_panel_state:contains(${label})`,
    };
}

tours.add("facturation_collab_contributor_submits", {
    steps: () => [
        ...openOurBills(),
        {
            content: "Enter a new bill",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "A contributor cannot post",
            trigger: ".o_form_view:not(:has(button[name=action_post]))",
        },
        fillField("partner_id", "Tour Vendor"),
        {
            content: "Choose the vendor",
            trigger: ".o-autocomplete--dropdown-item a:contains(Tour Vendor)",
            run: "click",
        },
        fillField("ref", "TOUR-1"),
        fillField("invoice_date", "01/15/2026"),
        {
            content: "Add a line",
            trigger: ".o_field_x2many_list_row_add a:contains(Add a line)",
            run: "click",
        },
        {
            content: "Say what was bought",
            trigger: ".o_selected_row .o_field_widget[name=name] textarea",
            run: "edit Posters",
        },
        {
            content: "Say for how much",
            trigger: ".o_selected_row .o_field_widget[name=price_unit] input",
            run: "edit 1500",
        },
        ...stepUtils.saveForm(),
        expectStateInPanel("Not submitted"),
        {
            content: "The preview names who would be asked first",
            trigger: ".o_validation_panel_next:contains(Manager)",
        },
        {
            content: "Submit the bill",
            trigger: "button[name=action_submit]:contains(Submit)",
            run: "click",
        },
        expectStateInPanel("To validate"),
        {
            content: "The open step names the manager",
            trigger: ".o_validation_step_open .o_person_avatar_name:contains(Manager)",
        },
        {
            content: "While others decide, the contributor reads",
            trigger: ".o_form_readonly",
        },
    ],
});

tours.add("facturation_collab_manager_approves_on_a_phone", {
    steps: () => [
        {
            content: "The card shows the vendor and says why it is here",
            trigger: ".o_validation_card:contains(Tour Vendor) .o_validation_card_why:contains(Manager of)",
        },
        {
            content: "The amount is there",
            trigger: ".o_validation_card_amount:contains(1,500.00)",
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

tours.add("facturation_collab_finance_approves_and_posts", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Finance works in the native app",
            trigger: ".o_app[data-menu-xmlid='account.menu_finance']",
            run: "click",
        },
        {
            content: "It has the same entry there",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_finance_validation']",
            run: "click",
        },
        {
            content: "See what waits for me",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_finance_to_validate']",
            run: "click",
        },
        {
            content: "Open the invoice from its card",
            trigger: ".o_validation_card_open",
            run: "click",
        },
        {
            content: "It cannot be posted before it is approved",
            trigger: ".o_form_view:not(:has(button[name=action_post]:visible))",
        },
        {
            content: "Approve in the native form",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        expectStateInPanel("Approved"),
        {
            content: "Now the native button is there: post",
            trigger: "button[name=action_post]:contains(Confirm)",
            run: "click",
        },
        {
            content: "The bill is posted",
            trigger: ".o_arrow_button_current:contains(Posted)",
        },
    ],
});

tours.add("facturation_collab_manager_returns_on_a_phone", {
    steps: () => [
        {
            content: "Return the bill",
            trigger: ".o_decision_return",
            run: "click",
        },
        {
            content: "Try without a reason",
            trigger: ".o_decision_confirm",
            run: "click",
        },
        {
            content: "A reason is asked for",
            trigger: "#o_decision_missing:contains(short comment)",
        },
        {
            content: "Say why",
            trigger: ".o_decision_comment",
            run: "edit The agreed price was 900.",
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

tours.add("facturation_collab_contributor_corrects", {
    steps: () => [
        ...openOurBills(),
        {
            content: "Look for what came back",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "Returned to me",
            trigger: ".o_filter_menu .o_menu_item:contains(Returned to me)",
            run: "click",
        },
        {
            content: "Open the bill",
            trigger: ".o_data_row:contains(TOUR-2) .o_data_cell[name=ref]",
            run: "click",
        },
        expectStateInPanel("Returned"),
        {
            content: "It can be edited again",
            trigger: ".o_form_editable",
        },
        {
            content: "Read the reason",
            trigger: ".o_validation_comment:contains(The agreed price was 900.)",
        },
        {
            content: "Correct the price",
            trigger: ".o_data_row .o_data_cell[name=price_unit]",
            run: "click",
        },
        {
            content: "The agreed price",
            trigger: ".o_selected_row .o_field_widget[name=price_unit] input",
            run: "edit 900",
        },
        {
            content: "Submit it again, which saves it",
            trigger: "button[name=action_submit]:contains(Submit)",
            run: "click",
        },
        expectStateInPanel("To validate"),
        {
            content: "The first run is part of the history",
            trigger: ".o_validation_panel_history summary:contains(Earlier validations (1))",
        },
    ],
});

tours.add("facturation_collab_manager_approves_the_correction", {
    steps: () => [
        {
            content: "The card shows the corrected amount",
            trigger: ".o_validation_card_amount:contains(900.00)",
        },
        {
            content: "The card shows what was corrected, before and after",
            trigger:
                ".o_validation_card > .o_validation_difference:contains(Changed since it was submitted) ins:contains(900)",
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

tours.add("facturation_collab_administrator_writes_a_policy", {
    steps: () => [
        ...openOurApp(),
        {
            content: "Open the configuration",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_configuration']",
            run: "click",
        },
        {
            content: "Open the policies",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_policies']",
            run: "click",
        },
        {
            content: "Each policy is one sentence",
            trigger: ".o_data_cell[name=summary]:contains(manager)",
        },
        {
            content: "New policy",
            trigger: ".o_list_button_add",
            run: "click",
        },
        fillField("name", "Large bills"),
        fillField("amount_min", "5000"),
        {
            content: "Add a level",
            trigger: ".o_field_widget[name=level_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Name it; the manager of the department is proposed",
            trigger: ".o_selected_row .o_field_widget[name=name] input",
            run: "edit Manager",
        },
        ...stepUtils.saveForm(),
        {
            content: "The sentence says what the policy does",
            trigger: ".alert-info .o_field_widget[name=summary]:contains(manager)",
        },
    ],
});

tours.add("facturation_collab_auditor_verifies_and_makes_a_pack", {
    steps: () => [
        ...openOurApp(),
        {
            content: "Open the history",
            trigger: "button[data-menu-xmlid='facturation_collab.menu_requests']",
            run: "click",
        },
        {
            content: "Open the validation requests",
            trigger: ".dropdown-item[data-menu-xmlid='facturation_collab.menu_requests_all']",
            run: "click",
        },
        {
            content: "Open the request of the bill",
            trigger: ".o_data_row:contains(TOUR-3) .o_data_cell",
            run: "click",
        },
        {
            content: "Verify it",
            trigger: ".o_statusbar_buttons button:contains(Verify)",
            run: "click",
        },
        {
            content: "It is about this bill",
            trigger: ".modal .o_field_widget[name=move_ids] .o_tag:contains(TOUR-3)",
        },
        {
            content: "Start",
            trigger: ".modal button[name=action_verify]",
            run: "click",
        },
        {
            content: "Nothing was changed",
            trigger: ".modal .alert-success:contains(Nothing was changed)",
        },
        {
            content: "Close",
            trigger: ".modal .modal-footer button[special=cancel], .modal .modal-footer button:contains(Close)",
            run: "click",
        },
        {
            content: "Make a pack",
            trigger: "body:not(:has(.modal)) .o_statusbar_buttons button:contains(Audit pack)",
            run: "click",
        },
        {
            content: "Start",
            trigger: ".modal button[name=action_make]",
            run: "click",
        },
        {
            content: "It can be downloaded, and has its hash",
            trigger: ".modal .o_field_widget[name=archive]:contains(audit-pack-)",
        },
    ],
});

/** The secret of the authenticator app of the tours' users, and the code that it shows (RFC 4226 and 6238). */
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

async function makeCode() {
    const bits = [...SECRET].map((char) =>
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(char).toString(2).padStart(5, "0")
    );
    const bytes = bits.join("").match(/.{8}/g);
    const secret = new Uint8Array(bytes.map((byte) => parseInt(byte, 2)));
    const counter = new DataView(new ArrayBuffer(8));
    counter.setUint32(4, Math.floor(Date.now() / 30000));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
    const mac = new DataView(await crypto.subtle.sign("HMAC", key, counter.buffer));
    const code = (mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff) % 1000000;
    return String(code).padStart(6, "0");
}

tours.add("facturation_collab_manager_approves_with_a_code_on_a_phone", {
    steps: () => [
        {
            content: "Approve",
            trigger: ".o_decision_approve",
            run: "click",
        },
        {
            content: "The dialog names the invoice; enter a wrong code",
            trigger: ".modal:has(.o_authentication_moves:contains(Tour Vendor)) .o_authentication_answer",
            run: "edit 000000",
        },
        {
            content: "Confirm",
            trigger: ".o_authentication_confirm",
            run: "click",
        },
        {
            content: "It is not right; enter the code of the authenticator app",
            trigger: ".modal:has(#o_authentication_error:contains(not right)) .o_authentication_answer",
            async run(helpers) {
                await helpers.edit(await makeCode());
            },
        },
        {
            content: "Confirm",
            trigger: ".o_authentication_confirm",
            run: "click",
        },
        {
            content: "Nothing is left to do",
            trigger: ".o_to_validate_empty",
        },
    ],
});

tours.add("facturation_collab_finance_approves_with_the_password_in_the_form", {
    steps: () => [
        {
            content: "Approve with a comment, since the level asks for one",
            trigger: "button[name=action_open_decision_wizard]:contains(Approve)",
            run: "click",
        },
        {
            content: "Say something",
            trigger: ".modal .o_field_widget[name=comment] textarea",
            run: "edit Checked against the order.",
        },
        {
            content: "Approve",
            trigger: ".modal button[name=action_confirm]:contains(Approve)",
            run: "click",
        },
        {
            content: "The password is asked for",
            trigger: ".modal .o_authentication_answer[type=password]",
            run: "edit collab_controller",
        },
        {
            content: "Confirm",
            trigger: ".o_authentication_confirm",
            run: "click",
        },
        expectStateInPanel("Approved"),
        {
            content: "No dialog is left",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

tours.add("facturation_collab_manager_sets_up_a_second_factor", {
    steps: () => [
        {
            content: "Approve in the form",
            trigger: "button[name=action_approve]",
            run: "click",
        },
        {
            content: "There is no second factor yet: set one up",
            trigger: ".modal:has(.o_authentication_missing) .o_authentication_set_up",
            run: "click",
        },
        {
            content: "Odoo asks for the password first",
            trigger: ".modal .o_field_widget[name=password] input",
            run: "edit collab_manager",
        },
        {
            content: "Confirm the password",
            trigger: ".modal button[name=run_check]:contains(Confirm Password)",
            run: "click",
        },
        {
            content: "Odoo's own set-up opens; leave it",
            trigger: ".modal:has(.o_field_widget[name=qrcode]) footer button[special=cancel]",
            run: "click",
        },
        {
            content: "One is back on the invoice, with nothing approved",
            trigger: "body:not(:has(.modal)) .o_form_view button[name=action_approve]",
        },
        expectStateInPanel("To validate"),
    ],
});
