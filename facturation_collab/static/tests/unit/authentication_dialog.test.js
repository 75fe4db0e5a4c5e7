import { beforeEach, expect, test } from "@odoo/hoot";
import { click, fill } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { getService, makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { makeMove } from "./validation_test_data";

defineMailModels();

/** What `action_approve` answers where a level asks for a proof. */
function makeQuestion(values = {}) {
    return {
        type: "ir.actions.client",
        tag: "facturation_collab.authentication",
        params: {
            token: "signed",
            moves: [{ id: 41, name: "INV-7, Azure Interior, $1,200.00", level: "Director", amount: "$1,200.00" }],
            authentication: "second_factor",
            answers: ["totp"],
            comment: "Checked",
            notice: "",
            ...values,
        },
    };
}

let isRight = true;

beforeEach(() => {
    isRight = true;
    onRpc("account.move", "action_approve_authenticated", ({ args, kwargs }) => {
        expect.step([args[0], kwargs.token, kwargs.answer, kwargs.comment]);
        if (!isRight) {
            throw makeServerError({ type: "UserError", message: "This code is not right." });
        }
        return false;
    });
});

async function ask(values) {
    await mountWithCleanup(WebClient);
    getService("action").doAction(makeQuestion(values));
    await animationFrame();
}

async function press(target) {
    await click(target);
    await animationFrame();
    await animationFrame();
}

async function answer(text) {
    await click(".o_authentication_answer");
    await fill(text);
    await press(".o_authentication_confirm");
}

test("the dialog names what is approved, and the code approves it", async () => {
    await ask();
    expect(".modal-title").toHaveText("Confirm with your second factor");
    expect(".o_authentication_moves").toHaveText(/Azure Interior.*Director/s);
    expect("label[for=o_authentication_answer]").toHaveText("Code of your authenticator app");
    expect(".o_authentication_answer").toHaveAttribute("inputmode", "numeric");
    expect(".o_authentication_answer").toHaveAttribute("autocomplete", "one-time-code");
    await answer("123 456");
    expect.verifySteps([[[41], "signed", { type: "totp", token: "123 456" }, "Checked"]]);
    expect(".o_authentication_moves").toHaveCount(0);
});

test("an empty answer is not sent", async () => {
    await ask();
    await press(".o_authentication_confirm");
    expect("#o_authentication_error").toHaveText("Enter the code first.");
    expect.verifySteps([]);
});

test("a wrong code is told, and can be entered again", async () => {
    isRight = false;
    await ask();
    await answer("000000");
    expect("#o_authentication_error").toHaveText("This code is not right.");
    expect(".o_authentication_answer").toHaveValue("");
    isRight = true;
    await answer("123456");
    expect.verifySteps([
        [[41], "signed", { type: "totp", token: "000000" }, "Checked"],
        [[41], "signed", { type: "totp", token: "123456" }, "Checked"],
    ]);
    expect(".o_authentication_moves").toHaveCount(0);
});

test("where a password is enough, there are two ways", async () => {
    await ask({ authentication: "password", answers: ["totp", "password"] });
    expect(".modal-title").toHaveText("Confirm that it is you");
    await press(".o_authentication_other");
    expect(".o_authentication_answer").toHaveAttribute("type", "password");
    await answer("secret");
    expect.verifySteps([[[41], "signed", { type: "password", password: "secret" }, "Checked"]]);
});

test("without a second factor one is led to set it up", async () => {
    onRpc("res.users", "action_totp_enable_wizard", () => {
        expect.step("set up");
        return { type: "ir.actions.act_window_close" };
    });
    onRpc("account.move", "action_approve", ({ args, kwargs }) => {
        expect.step(`ask again about ${args[0]} “${kwargs.comment}”`);
        return makeQuestion();
    });
    await ask({ answers: [] });
    expect(".o_authentication_missing").toHaveText(/Set one up/);
    expect(".o_authentication_confirm").toHaveCount(0);
    await press(".o_authentication_set_up");
    expect.verifySteps(["set up", "ask again about 41 “Checked”"]);
    await answer("123456");
    expect.verifySteps([[[41], "signed", { type: "totp", token: "123456" }, "Checked"]]);
});

test("what became of the other invoices is told", async () => {
    await ask({ notice: "Invoices approved: 2." });
    expect(".modal .alert").toHaveText("Invoices approved: 2.");
});

test("on the screen To validate the card stays until it is proven", async () => {
    let queue = [makeMove()];
    onRpc("account.move", "web_search_read", () => ({ records: queue, length: queue.length }));
    onRpc("account.move", "web_read", ({ args }) => queue.filter((move) => args[0].includes(move.id)));
    onRpc("account.move", "read", () => queue.map(({ id, validation_request_id }) => ({ id, validation_request_id })));
    onRpc("account.move", "action_approve", () => makeQuestion({ comment: "" }));
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "facturation_collab.to_validate" });
    await animationFrame();

    await press(".o_decision_approve");
    await press(".modal-footer .btn-secondary");
    expect(".o_validation_card_partner").toHaveText("Azure Interior");
    expect(".o_decision_approve").toBeEnabled();
    expect.verifySteps([]);

    await press(".o_decision_approve");
    queue = [];
    await answer("123456");
    expect.verifySteps([[[41], "signed", { type: "totp", token: "123456" }, ""]]);
    expect(".o_to_validate_empty").toHaveCount(1);
});
