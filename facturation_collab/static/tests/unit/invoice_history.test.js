import { beforeEach, expect, test } from "@odoo/hoot";
import { click, manuallyDispatchProgrammaticEvent, queryAllTexts, queryOne, select } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { InvoiceHistory } from "@facturation_collab/invoice_history/invoice_history";

defineMailModels();

const PAUL = { id: 2, name: "Paul" };
const ROWS = [
    { place: "ref", kind: "changed", label: "Reference", before: "", after: "INV 7" },
    { place: "7", kind: "removed", label: "Line “Desk”", before: "1 × $ 100.00", after: "" },
];

function makeChange(number, values = {}) {
    return {
        kind: "change",
        key: `change_${number}`,
        number,
        first_number: number,
        title: "Changed",
        through: "Screen",
        user: PAUL,
        date: "2026-01-15 09:00:00",
        rows: ROWS,
        ...values,
    };
}

const SUBMITTED = {
    kind: "event",
    key: "event_1",
    type: "submitted",
    number: 1,
    title: "Submitted",
    level: "",
    comment: "please",
    user: PAUL,
    date: "2026-01-15 09:00:00",
};
const CREATED = {
    kind: "created",
    key: "created",
    number: 0,
    title: "Created",
    user: PAUL,
    date: "2026-01-14 09:00:00",
};

let told;

beforeEach(() => {
    told = {
        revision: 2,
        total: 4,
        items: [makeChange(2, { first_number: 1 }), SUBMITTED, makeChange(1), CREATED],
        can_restore: true,
        since: [{ key: "submitted", label: "Since it was submitted", number: 1, date: "2026-01-15 09:00:00" }],
        choices: {
            people: [PAUL],
            through: [{ key: "screen", label: "Screen" }],
            places: [{ key: "ref", label: "Reference" }],
        },
    };
    onRpc("account.move", "get_history", ({ args }) => {
        expect.step(`history ${JSON.stringify(args.slice(1, 3))}`);
        return structuredClone(told);
    });
    onRpc("account.move", "compare_versions", ({ args }) => {
        expect.step(`compare ${args[1]} with ${args[2]}`);
        return {
            before: { number: args[1], label: `Version ${args[1]}` },
            after: { number: args[2] ?? 2, label: `Version ${args[2] ?? 2}` },
            versions: [2, 1, 0].map((number) => ({ number, label: `Version ${number}` })),
            can_restore: true,
            revision: 2,
            fields: [
                { ...ROWS[0], kind: "changed" },
                { place: "partner_id", kind: "same", label: "Partner", before: "Acme", after: "Acme" },
            ],
            lines: [
                {
                    place: "7",
                    kind: "changed",
                    label: "Line “Desk”",
                    rows: [{ place: "7/quantity", kind: "changed", label: "Quantity", before: "1", after: "2" }],
                },
                { place: "8", kind: "same", label: "Line “Chair”", rows: [] },
            ],
        };
    });
});

async function open() {
    await mountWithCleanup(MainComponentsContainer);
    await mountWithCleanup(InvoiceHistory, {
        props: {
            moveId: 5,
            revision: 2,
            beforeRestore: () => {
                expect.step("save");
                return 2;
            },
            onRestored: () => expect.step("reload"),
        },
    });
    expect.verifySteps(["history [{},0]"]);
}

test("the time line says who changed what through what, with the events among it", async () => {
    await open();
    expect(queryAllTexts(".o_history_title")).toEqual(["Changed", "Submitted", "Changed", "Created"]);
    expect(".o_history_item:first .o_person_avatar img").toHaveAttribute("alt", "Paul");
    expect(".o_history_item:first").toHaveText(/Screen/);
    expect(".o_history_item:first [data-place=ref]").toHaveText(/Reference: nothing.*INV 7/s);
    expect(".o_history_item:first [data-kind=removed]").toHaveText(/Line “Desk”: removed.*1 × \$ 100\.00/s);
    expect(".o_history_comment").toHaveText("please");
    expect(".o_history_item:nth-child(1) .form-check-label").toHaveText("Versions 1 to 2");
    expect(".o_history_item:nth-child(3) .form-check-label").toHaveText("Version 1");
});

test("filters are asked of the server, and cleared", async () => {
    await open();
    await click(".o_history_filter_place");
    await select("ref");
    await animationFrame();
    expect.verifySteps(['history [{"place":"ref"},0]']);
    await click(".o_history_filter_user_id");
    await select("2");
    await animationFrame();
    expect.verifySteps(['history [{"place":"ref","user_id":2},0]']);
    await contains(".o_history_clear").click();
    expect.verifySteps(["history [{},0]"]);
});

test("older ones are read page by page", async () => {
    told.total = 5;
    await open();
    told.items = [makeChange(9)];
    await contains(".o_history_more").click();
    expect.verifySteps(["history [{},4]"]);
    expect(".o_history_item").toHaveCount(5);
    expect(".o_history_more").toHaveCount(0);
});

test("two versions are picked and compared; only what differs, or everything", async () => {
    await open();
    expect(".o_history_compare").not.toBeEnabled();
    await contains(".o_history_item:nth-child(1) .o_history_pick").click();
    await contains(".o_history_item:nth-child(3) .o_history_pick").click();
    await contains(".o_history_compare").click();
    expect.verifySteps(["compare 1 with 2"]);
    expect(queryAllTexts(".o_version_comparison .o_version_label")).toEqual(["Reference", "Quantity"]);
    expect(".o_version_line").toHaveCount(1);
    await contains(".o_version_all").click();
    expect(queryAllTexts(".o_version_comparison .o_version_label")).toEqual(["Reference", "Partner", "Quantity"]);
    expect(".o_version_line").toHaveCount(2);
    await click(".o_version_before");
    await select("0");
    await animationFrame();
    expect.verifySteps(["compare 0 with 2"]);
});

test("what changed since it was submitted is one click", async () => {
    await open();
    await contains(".o_history_since_submitted").click();
    expect.verifySteps(["compare 1 with null"]);
});

test("a version is brought back after a question, and what could not be is said", async () => {
    onRpc("account.move", "action_restore_version", ({ args }) => {
        expect.step(`restore ${args[1]} from ${args[2]}`);
        return { revision: 3, left: [{ ...ROWS[0], before: "B", after: "INV 7" }] };
    });
    await open();
    await contains(".o_history_item:nth-child(3) .o_history_restore").click();
    await contains(".modal-footer .btn-primary").click();
    await animationFrame();
    expect.verifySteps(["save", "restore 1 from 2", "reload"]);
    expect(".o_history_left").toHaveText(/Reference.*In the version: INV 7.*As it is: B/s);
});

test("a conflict is asked about", async () => {
    let refused = false;
    onRpc("account.move", "action_restore_version", ({ args }) => {
        expect.step(`restore ${args[1]} from ${JSON.stringify(args[2])}`);
        if (!refused) {
            refused = true;
            throw makeServerError({
                errorName: "odoo.addons.facturation_collab.exceptions.RevisionConflict",
                message: "Paul changed it.",
                context: {
                    people: "Paul",
                    revision: 2,
                    seen: 4,
                    rows: [{ key: "ref", label: "Reference", before: "A", theirs: "B", mine: "C" }],
                },
            });
        }
        return { revision: 5, left: [] };
    });
    await open();
    await contains(".o_history_item:nth-child(3) .o_history_restore").click();
    await contains(".modal-footer .btn-primary").click();
    await animationFrame();
    await contains(".o_conflict_all_mine").click();
    await contains(".o_conflict_confirm").click();
    expect.verifySteps([
        "save",
        "restore 1 from 2",
        'restore 1 from {"revision":2,"seen":4,"choices":{"ref":"mine"}}',
        "reload",
    ]);
});

test("whoever may not edit is offered no version back", async () => {
    told.can_restore = false;
    await open();
    expect(".o_history_restore").toHaveCount(0);
    expect(".o_history_since").toHaveCount(3);
});

test("days are filtered by", async () => {
    await open();
    const day = queryOne(".o_history_filter_date_from");
    day.value = "2026-01-15";
    await manuallyDispatchProgrammaticEvent(day, "change");
    await animationFrame();
    expect.verifySteps(['history [{"date_from":"2026-01-15"},0]']);
});
