import { browser } from "@web/core/browser/browser";

const HEARTBEAT = 20000;
const AWAY_AFTER = 45000;
const PLACE_DELAY = 2000;

let nextTab = 1;
const page = Math.random().toString(36).slice(2, 12).padEnd(10, "0");

/**
 * Says to the server which invoice is open on this screen and what is done with it, every 20 seconds and whenever that
 * changes, as long as somebody can see the screen; and learns who else is there.
 */
export class PresenceReporter {
    /**
     * @param {(method: string, args: Array) => Promise<any>} call a method of the invoice that is shown
     * @param {(answer: Object) => void} onAnswer
     */
    constructor(call, onAnswer) {
        Object.assign(this, { call, onAnswer });
        this.tab = `${page}-${nextTab++}`;
        this.place = "";
        this.isEditing = false;
        this.isAway = false;
        this.onActivity = () => this.noteActivity();
        this.onVisibility = () => (document.visibilityState === "hidden" ? this.leave() : this.report());
        this.onPageHide = () => this.leave();
    }

    get mode() {
        return this.isAway ? "idle" : this.isEditing ? "editing" : "viewing";
    }

    start(resId) {
        this.resId = resId;
        this.isOff = false;
        for (const name of ["keydown", "pointerdown", "pointermove"]) {
            document.addEventListener(name, this.onActivity, { passive: true, capture: true });
        }
        document.addEventListener("visibilitychange", this.onVisibility);
        browser.addEventListener("pagehide", this.onPageHide);
        this.noteActivity();
        return this.report();
    }

    /** Another invoice, or none. */
    stop() {
        for (const name of ["keydown", "pointerdown", "pointermove"]) {
            document.removeEventListener(name, this.onActivity, { capture: true });
        }
        document.removeEventListener("visibilitychange", this.onVisibility);
        browser.removeEventListener("pagehide", this.onPageHide);
        browser.clearTimeout(this.awayTimer);
        this.leave();
        this.resId = null;
    }

    /** What is being done changed: at once where it is another thing, soon where it is another field. */
    update(isEditing, place, isUnsaved) {
        const isNew = isEditing !== this.isEditing;
        const isMoved = place !== this.place;
        Object.assign(this, { isEditing, place, isUnsaved });
        if (isNew || isMoved) {
            browser.clearTimeout(this.updateTimer);
            this.updateTimer = browser.setTimeout(() => this.report(), isNew ? 50 : PLACE_DELAY);
        }
    }

    noteActivity() {
        const now = Date.now();
        if (!this.isAway && now - this.activeAt < 1000) {
            return;
        }
        this.activeAt = now;
        browser.clearTimeout(this.awayTimer);
        this.awayTimer = browser.setTimeout(() => {
            this.isAway = true;
            this.report();
        }, AWAY_AFTER);
        if (this.isAway) {
            this.isAway = false;
            this.report();
        }
    }

    async report() {
        if (!this.resId || this.isOff || document.visibilityState === "hidden") {
            return;
        }
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.report(), HEARTBEAT);
        this.isLeft = false;
        const { resId } = this;
        const place = this.isAway && !this.isUnsaved ? "" : this.place;
        const answer = await this.call("report_presence", [[resId], this.tab, this.mode, place]);
        if (answer && resId === this.resId) {
            this.isOff = !answer.is_on;
            this.onAnswer(answer);
        }
    }

    /** By beacon, since a page that is closed waits for no answer. */
    leave() {
        browser.clearTimeout(this.timer);
        browser.clearTimeout(this.updateTimer);
        // A page that is closed is hidden, too.
        if (this.resId && !this.isOff && !this.isLeft) {
            this.isLeft = true;
            const params = {
                model: "account.move",
                method: "leave_presence",
                args: [[this.resId], this.tab],
                kwargs: {},
            };
            const body = JSON.stringify({ jsonrpc: "2.0", method: "call", params });
            navigator.sendBeacon(
                "/web/dataset/call_kw/account.move/leave_presence",
                new Blob([body], { type: "application/json" })
            );
        }
    }
}
