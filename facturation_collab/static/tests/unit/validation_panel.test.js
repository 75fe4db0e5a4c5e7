import { expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { ValidationPanel } from "@facturation_collab/validation_panel/validation_panel";
import { hoursFromNow, makeDifference, makePanel, makeStep } from "./validation_test_data";

defineMailModels();

async function mountPanel(values, props = {}) {
    await mountWithCleanup(ValidationPanel, { props: { panel: makePanel(values), ...props } });
}

test("a pending request says who has it, since when, until when and why", async () => {
    await mountPanel();
    expect(".o_validation_panel_state").toHaveText("To validate");
    expect(".o_validation_panel_next").toHaveText("Waits for Jane, then for finance.");
    expect(".o_validation_step").toHaveCount(2);
    expect(".o_validation_step[aria-current='step'] .o_validation_step_name").toHaveText("Manager");
    expect(".o_validation_step_since").toHaveText("Waiting for 2 days");
    expect(".o_validation_step_deadline").toHaveText("Answer expected within 1 day");
    expect(".o_validation_step:first-child .o_validation_step_reason").toHaveText(/Manager of Marketing/);
    expect(".o_validation_step:first-child img").toHaveAttribute("alt", "Jane");
    expect(queryAllTexts(".o_validation_panel_criteria li")).toEqual(["Vendor bills", "Department: Marketing"]);
});

test("levels that run at the same time share their number", async () => {
    await mountPanel({
        steps: [
            makeStep({ id: 1 }),
            makeStep({ id: 2, name: "Quality" }),
            makeStep({ id: 3, sequence: 20, state: "waiting" }),
        ],
    });
    expect(queryAllTexts(".o_validation_step_marker")).toEqual(["1", "1", "2"]);
});

test("a step shows its share, with the lines that were refused and why", async () => {
    const lines = [
        { position: 0, label: "Pallets", percent: "", amount: "$ 50.00", refused: "Never delivered" },
        { position: 1, label: "Van", percent: "40 %", amount: "$ 80.00", refused: null },
    ];
    await mountPanel({
        steps: [makeStep({ share: { amount: "$ 130.00 of $ 650.00", lines } }), makeStep({ id: 2, share: null })],
        refused: ["Refused at level “Manager”: “Pallets” ($ 50.00): Never delivered"],
    });
    expect(".o_validation_share").toHaveCount(1);
    expect(".o_validation_share summary").toHaveText(/This share: \$ 130.00 of \$ 650.00.*1 refused/s);
    expect(".o_validation_share").toHaveAttribute("open");
    expect(".o_validation_share_line:first-child").toHaveText(/Pallets.*\$ 50.00.*Never delivered/s);
    expect(".o_validation_share_line:last-child").toHaveText(/Van.*40 %.*\$ 80.00/s);
    expect(".o_validation_panel_refused").toHaveText(/Never delivered/);
});

test("late is said in words, in the step and in the title", async () => {
    await mountPanel({ steps: [makeStep({ late: true, deadline: hoursFromNow(-5) })] });
    expect(".o_validation_panel_late").toHaveText("Late");
    expect(".o_validation_step_deadline").toHaveText("Late by 5 hours");
    expect(".o_validation_step_deadline").toHaveClass("text-danger");
});

test("lateness is told in working days, as the server counts them", async () => {
    const step = makeStep({ late: true, lateness: "Late by 2 working days", deadline: hoursFromNow(-100) });
    await mountPanel({ steps: [step] });
    expect(".o_validation_step_deadline").toHaveText("Late by 2 working days");
});

test("a preview shows the circuit and no state of its steps", async () => {
    await mountPanel({ preview: true, state: null, submitter: null, submitted_at: null });
    expect(".o_validation_panel_state").toHaveText("Not submitted");
    expect(".o_validation_step").toHaveCount(2);
    expect(".o_validation_step_state").toHaveCount(0);
    expect(".o_validation_step_since").toHaveCount(0);
    expect(".o_validation_step[aria-current]").toHaveCount(0);
});

test("a returned invoice says so while it shows where it would go next", async () => {
    await mountPanel({
        preview: true,
        state: null,
        history: [
            { id: 2, state: "returned", state_label: "Returned", submitter: "Emma", submitted_at: hoursFromNow(-9) },
        ],
    });
    expect(".o_validation_panel_state").toHaveText("Returned");
    expect(".o_validation_step_state").toHaveCount(0);
});

test("a circuit without steps yet is drawn without failing", async () => {
    await mountPanel({
        preview: true,
        state: null,
        steps: [],
        next: "",
        submitter: null,
        problem: "Nobody can approve.",
    });
    expect(".o_validation_step").toHaveCount(0);
    expect(".o_validation_panel_problem").toHaveText("Nobody can approve.");
});

test("an approved invoice is folded, and opens on demand", async () => {
    await mountPanel({
        state: "approved",
        steps: [
            makeStep({
                state: "approved",
                decided_at: hoursFromNow(-3),
                people: [{ id: 7, name: "Jane", state: "approved" }],
            }),
        ],
    });
    expect(".o_validation_panel_toggle").toHaveAttribute("aria-expanded", "false");
    expect(".o_validation_panel_body").toHaveCount(0);
    await click(".o_validation_panel_toggle");
    await animationFrame();
    expect(".o_validation_panel_toggle").toHaveAttribute("aria-expanded", "true");
    expect(".o_validation_step_decided").toHaveText("Approved 3 hours ago");
    expect(".o_person_avatar_mark").toHaveCount(1);
});

test("changed content is an alert even while the panel is folded", async () => {
    await mountPanel({ state: "approved", content_changed: true });
    expect(".o_validation_panel_body").toHaveCount(0);
    expect(".o_validation_panel_changed[role='alert']").toHaveCount(1);
});

test("a bank account that is new is an alert even while the panel is folded", async () => {
    await mountPanel(
        { bank_warning: "The bank account FR2 is not the one of the last bill." },
        { startCollapsed: true }
    );
    expect(".o_validation_panel_body").toHaveCount(0);
    expect(".o_validation_bank_warning[role='alert']").toHaveText(/FR2 is not the one/);
});

test("a posting without validation is said in words", async () => {
    await mountPanel({ state: "forced", steps: [] });
    expect(".o_validation_panel_state").toHaveText("Posted without validation");
    expect(".o_validation_bank_warning").toHaveCount(0);
});

test("comments say who, what and when", async () => {
    await mountPanel({
        state: "returned",
        comments: [
            {
                id: 5,
                user: { id: 7, name: "Jane" },
                date: hoursFromNow(-2),
                type: "returned",
                type_label: "Returned",
                text: "Wrong quantity",
            },
        ],
    });
    expect(".o_validation_comment").toHaveText(/Jane.*Returned.*2 hours ago/s);
    expect(".o_validation_comment_text").toHaveText("Wrong quantity");
});

test("earlier validations are listed and open their record", async () => {
    await mountPanel(
        {
            history: [
                {
                    id: 2,
                    state: "returned",
                    state_label: "Returned",
                    submitter: "Emma",
                    submitted_at: hoursFromNow(-100),
                    closed_at: hoursFromNow(-90),
                },
            ],
        },
        { onOpenRequest: (id) => expect.step(id) }
    );
    await click(".o_validation_panel_history summary");
    await animationFrame();
    expect(".o_validation_panel_history summary").toHaveText("Earlier validations (1)");
    expect(".o_validation_panel_history li").toHaveText(/Returned.*Submitted by Emma 4 days ago/s);
    await click(".o_validation_panel_history button");
    expect.verifySteps([2]);
});

test("a step that asks many people shows the first and offers the others", async () => {
    const people = [1, 2, 3, 4, 5, 6].map((id) => ({ id, name: `Person ${id}`, state: "waiting" }));
    await mountPanel({ steps: [makeStep({ people, quorum: "2 of 6 must approve" })] });
    expect(".o_person_avatar").toHaveCount(4);
    expect(".o_validation_step_quorum").toHaveText("2 of 6 must approve");
    await click(".o_validation_step button:contains(and 2 more)");
    await animationFrame();
    expect(".o_person_avatar").toHaveCount(6);
});

test("an open step shows what changed since its level approved, value by value", async () => {
    await mountPanel({ steps: [makeStep({ difference: makeDifference() })] });
    expect(".o_validation_difference > div").toHaveText(/Changed since Jane approved it/);
    expect(queryAllTexts(".o_validation_difference dt")).toEqual(["Line 1, Unit Price", "Line 2"]);
    expect(".o_validation_difference del:first").toHaveText(/1000/);
    expect(".o_validation_difference ins").toHaveText(/1200/);
    expect(".o_validation_difference dd:last").toHaveText(/removed/);
});

test("an approval that stands says at which amount it was given", async () => {
    const standing = "Approved at $ 1,000.00 by Jane on 03/02/2026, tolerates 5 %: changed by $ 30.00 since.";
    await mountPanel({ steps: [makeStep({ state: "approved", standing })] });
    expect(".o_validation_step_standing").toHaveText(standing);
});
