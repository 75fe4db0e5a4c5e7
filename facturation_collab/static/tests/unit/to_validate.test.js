import { beforeEach, expect, test } from "@odoo/hoot";
import { click, fill, queryAll, queryAllTexts, select } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { getService, makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { hoursFromNow, makeDifference, makeMove, makePanel, makeStep } from "./validation_test_data";

defineMailModels();

/** The server of these tests: a queue, of which a decision takes the invoice away. */
let queue = [];

beforeEach(() => {
    queue = [
        makeMove(),
        makeMove({ id: 42, display_name: "Draft Bill (INV-8)", invoice_partner_display_name: "Deco" }),
    ];
    onRpc("account.move", "web_search_read", () => ({ records: queue, length: queue.length }));
    onRpc("account.move", "web_read", ({ args }) => queue.filter((move) => args[0].includes(move.id)));
    onRpc("account.move", "read", ({ args }) =>
        queue
            .filter((move) => args[0].includes(move.id))
            .map(({ id, validation_request_id }) => ({ id, validation_request_id }))
    );
    for (const method of ["action_approve", "action_return", "action_reject"]) {
        onRpc("account.move", method, ({ args, kwargs }) => {
            const target = kwargs.step_id ? " to " + kwargs.step_id : "";
            expect.step(`${method} ${args[0]} “${kwargs.comment}”${target}`);
            queue = queue.filter((move) => !args[0].includes(move.id));
            return false;
        });
    }
});

async function openScreen() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "facturation_collab.to_validate" });
    await animationFrame();
}

async function press(target) {
    await click(target);
    await animationFrame();
    await animationFrame();
}

test("the card shows what is asked, of whom and why", async () => {
    await openScreen();
    expect(".o_validation_card_partner").toHaveText("Azure Interior");
    expect(".o_validation_card_amount").toHaveText(/1,200.00/);
    expect(".o_validation_card_why").toHaveText(/Manager.*Manager of Marketing.*With you for 2 days/s);
    expect(".o_validation_card_facts").toHaveText(/Marketing/);
    expect(".o_validation_card_lines").toHaveText(/Posters/);
    expect(".o_to_validate_pager").toHaveText(/1 of 2/);
});

test("the card shows what changed before it is decided on, once", async () => {
    queue[0].validation_panel = makePanel({ steps: [makeStep({ difference: makeDifference() })] });
    await openScreen();
    expect(".o_validation_card > .o_validation_difference ins").toHaveText(/1200/);
    expect(".o_validation_difference").toHaveCount(1);
});

test("the card warns of a new bank account before anything else, once", async () => {
    queue[0].validation_panel = makePanel({ bank_warning: "The bank account FR2 is not the one of the last bill." });
    await openScreen();
    expect(".o_validation_card > .o_validation_bank_warning[role='alert']").toHaveText(/FR2 is not the one/);
    expect(".o_validation_bank_warning").toHaveCount(1);
});

test("approving brings the next invoice, and the last one an explanation", async () => {
    await openScreen();
    await press(".o_decision_approve");
    expect.verifySteps(["action_approve 41 “”"]);
    expect(".o_validation_card_partner").toHaveText("Deco");
    await press(".o_decision_approve");
    expect.verifySteps(["action_approve 42 “”"]);
    expect(".o_to_validate_empty").toHaveText(/Nothing waits for you/);
});

test("returning asks what has to be corrected", async () => {
    await openScreen();
    await press(".o_decision_return");
    await press(".o_decision_confirm");
    expect("#o_decision_missing").toHaveText(/short comment/);
    expect.verifySteps([]);
    await click(".o_decision_comment");
    await fill("Wrong quantity on line 2");
    await press(".o_decision_confirm");
    expect.verifySteps(["action_return 41 “Wrong quantity on line 2”"]);
    expect(".o_validation_card_partner").toHaveText("Deco");
    expect(".o_decision_comment").toHaveCount(0);
});

test("an invoice goes back to an earlier level, which is asked another question", async () => {
    queue[0].validation_return_targets = [{ id: 12, name: "Manager" }];
    await openScreen();
    await press(".o_decision_return");
    expect(queryAllTexts(".o_decision_target option")).toEqual(["Whoever submitted it", "Manager"]);
    expect("label[for=o_decision_comment]").toHaveText("What has to be corrected?");
    await click(".o_decision_target");
    await select("12");
    await animationFrame();
    expect("label[for=o_decision_comment]").toHaveText("What has to be looked at again?");
    await click(".o_decision_comment");
    await fill("Was all of it delivered?");
    await press(".o_decision_confirm");
    expect.verifySteps(["action_return 41 “Was all of it delivered?” to 12"]);
    expect(".o_notification").toHaveText(/goes back to level “Manager”/);
});

test("a level that was chosen and left is not kept", async () => {
    queue[0].validation_return_targets = [{ id: 12, name: "Manager" }];
    await openScreen();
    await press(".o_decision_return");
    await click(".o_decision_target");
    await select("12");
    await press(".o_decision_back");
    await press(".o_decision_return");
    expect(".o_decision_target").toHaveValue("");
    await click(".o_decision_comment");
    await fill("Wrong price");
    await press(".o_decision_confirm");
    expect.verifySteps(["action_return 41 “Wrong price”"]);
});

test("without an earlier level nobody is asked where to", async () => {
    await openScreen();
    await press(".o_decision_return");
    expect(".o_decision_target").toHaveCount(0);
    expect("label[for=o_decision_comment]").toHaveText("What has to be corrected?");
});

test("rejecting asks why, and Back leaves everything as it was", async () => {
    await openScreen();
    await press(".o_decision_reject");
    expect(".o_decision_bar label").toHaveText("Why is it rejected for good?");
    await press(".o_decision_back");
    expect(".o_decision_approve").toHaveCount(1);
    expect.verifySteps([]);
});

test("an approval that needs a comment asks for it first", async () => {
    queue[0].validation_comment_required = true;
    await openScreen();
    await press(".o_decision_approve");
    expect.verifySteps([]);
    await click(".o_decision_comment");
    await fill("Checked against the order");
    await press(".o_decision_confirm");
    expect.verifySteps(["action_approve 41 “Checked against the order”"]);
});

test("a refusal of the server is read as a sentence, and the card stays", async () => {
    onRpc("account.move", "action_approve", () => {
        throw makeServerError({ type: "UserError", message: "It was approved by Paul in the meantime." });
    });
    await openScreen();
    await press(".o_decision_approve");
    expect(".o_to_validate_error").toHaveText("It was approved by Paul in the meantime.");
    expect(".o_validation_card_partner").toHaveText("Azure Interior");
    expect(".o_decision_approve").toBeEnabled();
});

test("a version that was submitted again is shown before it can be approved", async () => {
    await openScreen();
    queue[0] = makeMove({ validation_request_id: 10, amount_total: 1500 });
    await press(".o_decision_approve");
    expect.verifySteps([]);
    expect(".o_to_validate_error").toHaveText(/submitted again/);
    expect(".o_validation_card_amount").toHaveText(/1,500.00/);
    await press(".o_decision_approve");
    expect.verifySteps(["action_approve 41 “”"]);
});

test("a late invoice says so in words", async () => {
    const deadline = hoursFromNow(-5);
    queue[0].validation_deadline = deadline;
    queue[0].validation_panel = makePanel({ steps: [makeStep({ late: true, deadline })] });
    await openScreen();
    expect(".o_validation_card_deadline").toHaveText("Late by 5 hours");
});

test("the queue and the card say how late it is in working days, and why it is urgent", async () => {
    const deadline = hoursFromNow(-100);
    const lateness = "Late by 2 working days";
    Object.assign(queue[0], { validation_deadline: deadline, validation_lateness: lateness });
    queue[0].validation_panel = makePanel({
        steps: [makeStep({ late: true, lateness, deadline })],
        urgency: "It is due on 03/31/2026.",
    });
    await openScreen();
    expect(".o_validation_card_deadline").toHaveText(lateness);
    expect(".o_validation_card_urgency").toHaveText("It is due on 03/31/2026.");
    if (queryAll(".o_validation_queue").length) {
        expect(".o_validation_queue li:first-child .o_validation_queue_entry").toHaveText(/Late by 2 working days/);
    }
});

test("one can look at the others before deciding", async () => {
    await openScreen();
    expect(".o_to_validate_previous").not.toBeEnabled();
    await press(".o_to_validate_next");
    expect(".o_validation_card_partner").toHaveText("Deco");
    expect(".o_to_validate_next").not.toBeEnabled();
    await press(".o_to_validate_previous");
    expect(".o_validation_card_partner").toHaveText("Azure Interior");
});

test.tags("desktop");
test("a wide screen shows the queue beside the card", async () => {
    await openScreen();
    expect(queryAllTexts(".o_validation_queue_title")).toEqual(["Azure Interior", "Deco"]);
    await press(".o_validation_queue_entry:contains(Deco)");
    expect(".o_validation_card_partner").toHaveText("Deco");
    expect(".o_validation_queue_entry[aria-current='true']").toHaveText(/Deco/);
});

test.tags("mobile");
test("a phone shows one invoice at a time", async () => {
    await openScreen();
    expect(".o_validation_queue").toHaveCount(0);
    expect(".o_validation_card").toHaveCount(1);
});

test("nothing to validate is explained", async () => {
    queue = [];
    await openScreen();
    expect(".o_to_validate_empty").toHaveText(/Nothing waits for you/);
    expect(".o_decision_bar").toHaveCount(0);
});
