import { browser } from "@web/core/browser/browser";

import { isOutOfReach } from "../simultaneous_edit/out_of_reach";

const OWN_DELAY = 800;

/**
 * Reads a screen again when something was told: once for everything that is told within a moment, at a moment of its
 * own, so that a thousand screens do not ask at once, and only while somebody can see it.
 */
export class Refresher {
    /**
     * @param {Object} live the service
     * @param {() => Promise<boolean>} refresh whether the screen shows what was told; `retry` tries again where it had to wait
     */
    constructor(live, refresh) {
        this.live = live;
        this.refresh = refresh;
        this.isWanted = false;
        this.isRunning = false;
        this.loadedAt = 0;
        this.onVisible = () => this.retry();
        document.addEventListener("visibilitychange", this.onVisible);
    }

    close() {
        this.isClosed = true;
        browser.clearTimeout(this.timer);
        document.removeEventListener("visibilitychange", this.onVisible);
    }

    /** The screen was read by itself: what was told before is shown. */
    onLoaded() {
        this.loadedAt = Date.now();
    }

    /** What this page caused is shown by the screen that did it; where it is not after a moment, it is read. */
    want(payload, spread = 200) {
        if (payload && this.live.isOwn(payload)) {
            browser.setTimeout(() => {
                if (this.loadedAt < this.live.ownCallAt - OWN_DELAY) {
                    this.plan(spread);
                }
            }, OWN_DELAY);
        } else {
            this.plan(spread);
        }
    }

    plan(spread) {
        this.isWanted = true;
        if (!this.timer) {
            this.timer = browser.setTimeout(
                () => {
                    this.timer = null;
                    this.retry();
                },
                50 + Math.random() * spread
            );
        }
    }

    async retry() {
        if (this.isRunning && this.isWanted) {
            this.plan(200);
        }
        if (this.isRunning || !this.isWanted || this.isClosed || document.visibilityState === "hidden") {
            return;
        }
        this.isRunning = true;
        this.isWanted = false;
        try {
            const isDone = await this.refresh();
            this.isWanted ||= !isDone;
        } catch (error) {
            if (!isOutOfReach(error)) {
                throw error;
            }
            this.isWanted = true; // with the next news, or when the page is looked at again
        } finally {
            this.isRunning = false;
        }
    }
}
