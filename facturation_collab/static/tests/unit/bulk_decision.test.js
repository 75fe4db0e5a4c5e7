import { beforeEach, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineModels, fields, makeServerError, models, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";

const CLEAN = Array.from({ length: 45 }, (_, index) => [index + 1, index + 101]);

class Wizard extends models.Model {
    _name = "account.validation.bulk.wizard";

    outcome = fields.Selection({
        selection: [
            ["approve", "Approve"],
            ["reject", "Reject"],
        ],
        default: "approve",
    });
    summary = fields.Json({
        default: {
            outcome: "approve",
            slice: 20,
            clean: CLEAN,
            totals: ["$ 45,000.00", "€ 10.00"],
            apart: [{ id: 77, name: "BILL/77", reason: "The bank account is new." }],
        },
    });
}

defineMailModels();
defineModels([Wizard]);

let isReachable = true;

beforeEach(() => {
    isReachable = true;
    onRpc("account.validation.bulk.wizard", "action_decide_slice", ({ args }) => {
        if (!isReachable) {
            throw makeServerError({ type: "UserError", message: "Say why." });
        }
        const pairs = args[1];
        expect.step(pairs.length);
        const [first, ...others] = pairs.map(([id]) => id);
        return { done: others, failed: [{ id: first, name: `BILL/${first}`, reason: "Decided by Paul." }] };
    });
});

async function open() {
    await mountView({
        type: "form",
        resModel: "account.validation.bulk.wizard",
        arch: `<form><field name="outcome" /><field name="summary" widget="bulk_decision" /></form>`,
    });
}

async function confirm() {
    await click(".o_bulk_confirm");
    for (let round = 0; round < 6; round++) {
        await animationFrame();
    }
}

test("the summary names what is together and what is apart", async () => {
    await open();
    expect(".o_bulk_clean").toHaveText(/45\s*together.*45,000.00, € 10.00/s);
    expect(".o_bulk_confirm").toHaveText("Approve (45)");
    expect(".o_bulk_apart").toHaveText(/BILL\/77.*The bank account is new/s);
    expect(".o_bulk_apart a").toHaveAttribute("href", "/odoo/account.move/77");
});

test("confirming sends slices, shows the progress and ends in a summary", async () => {
    await open();
    await confirm();
    expect.verifySteps([20, 20, 5]);
    expect(".o_bulk_progress").toHaveText(/45 of 45.*42\s*decided/s);
    expect(".progress").toHaveAttribute("aria-valuenow", "45");
    expect(".o_bulk_apart li").toHaveCount(4);
    expect(".o_bulk_confirm").toHaveCount(0);
});

test("an error stops, and what is left can be sent again", async () => {
    isReachable = false;
    await open();
    await confirm();
    expect(".o_bulk_error").toHaveText("Say why.");
    expect(".o_bulk_confirm").toHaveText("Approve (45)");
    isReachable = true;
    await confirm();
    expect.verifySteps([20, 20, 5]);
    expect(".o_bulk_error").toHaveCount(0);
});
