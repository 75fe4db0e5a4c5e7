const { DateTime } = luxon;

/** A moment as the server writes it, so many hours away from now. */
export function hoursFromNow(hours) {
    return DateTime.utc().plus({ hours }).toFormat("yyyy-MM-dd HH:mm:ss");
}

export function makeStep(values = {}) {
    return {
        id: 12,
        name: "Manager",
        sequence: 10,
        state: "open",
        late: false,
        since: hoursFromNow(-50),
        deadline: hoursFromNow(30),
        decided_at: null,
        quorum: "1 approval needed",
        approved: 0,
        required: 1,
        reason: "Manager of Marketing, asked by the policy “Vendor bills”.",
        people: [{ id: 7, name: "Jane", state: "waiting" }],
        ...values,
    };
}

/** What changed since a level approved, as the server says it. */
export function makeDifference(values = {}) {
    return {
        title: "Changed since Jane approved it at this level on 03/02/2026:",
        rows: [
            { label: "Line 1, Unit Price", before: "1000.000000", after: "1200.000000" },
            { label: "Line 2", before: "Posters (1.000000 × 50.000000)", after: "" },
        ],
        ...values,
    };
}

/** What `account.move.validation_panel` answers for a bill that waits for Jane, then for finance. */
export function makePanel(values = {}) {
    return {
        state: "pending",
        mode: "enforce",
        policy: { id: 3, name: "Vendor bills of Marketing", criteria: ["Vendor bills", "Department: Marketing"] },
        preview: false,
        content_changed: false,
        problem: null,
        next: "Waits for Jane, then for finance.",
        submitter: { id: 5, name: "Emma" },
        submitted_at: hoursFromNow(-50),
        steps: [
            makeStep(),
            makeStep({
                id: 13,
                name: "Finance",
                sequence: 20,
                state: "waiting",
                since: null,
                deadline: null,
                reason: "Member of “Invoicing”, asked by the policy “Vendor bills”.",
                people: [{ id: 8, name: "Paul", state: "waiting" }],
            }),
        ],
        comments: [],
        history: [],
        ...values,
    };
}

/** The submitted bill as "To validate" reads it. */
export function makeMove(values = {}) {
    return {
        id: 41,
        display_name: "Draft Bill (INV-7)",
        invoice_partner_display_name: "Azure Interior",
        amount_total: 1200,
        amount_untaxed: 1000,
        amount_tax: 200,
        currency_id: false,
        department_id: { id: 2, display_name: "Marketing" },
        ref: "INV-7",
        invoice_date: "2026-03-02",
        invoice_date_due: "2026-04-02",
        message_main_attachment_id: false,
        invoice_line_ids: [{ id: 1, name: "Posters", display_type: "product", price_subtotal: 1000 }],
        validation_since: hoursFromNow(-50),
        validation_deadline: hoursFromNow(30),
        validation_request_id: 9,
        validation_comment_required: false,
        validation_return_targets: [],
        validation_panel: makePanel(),
        ...values,
    };
}
