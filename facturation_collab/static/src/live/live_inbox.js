import { onWillDestroy, useEffect } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

import { Refresher } from "./refresher";

/**
 * What waits for the present user, followed: what comes or goes by their own channel, what changes by that of each
 * invoice.
 *
 * @param {{ getIds: () => number[], follow: () => Promise<boolean> }} inbox
 * @returns {Refresher}
 */
export function useLiveInbox({ getIds, follow }) {
    const live = useService("invoice_live");
    const refresher = new Refresher(live, follow);
    const want = (payload) => refresher.want(payload, 100);
    const screen = live.open({ onInvoice: want, onInbox: want, onMissed: () => refresher.want() });
    useEffect(
        () => screen.show(getIds()),
        () => [getIds().join()]
    );
    onWillDestroy(() => {
        screen.close();
        refresher.close();
    });
    return refresher;
}
