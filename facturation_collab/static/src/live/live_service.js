import { browser } from "@web/core/browser/browser";
import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";

import { isReading } from "./own_calls";

const LISTS = "facturation_collab.lists";
const OWN_WINDOW = 3000;
const CATCH_UP = 1500;

/**
 * What the server tells of invoices, for the screens that show them. One subscription for all screens of a page; an
 * invoice is listened to as long as one of them shows it.
 */
export const invoiceLiveService = {
    dependencies: ["bus_service"],

    start(env, { bus_service: bus }) {
        const screens = new Set();
        const shownBy = new Map();
        let ownCalls = 0;
        let ownCallAt = 0;

        const tell = (hook, payload, concerns = () => true) => {
            for (const screen of [...screens]) {
                if (screen[hook] && concerns(screen)) {
                    screen[hook](payload);
                }
            }
        };
        const shows = (payload) => (screen) => screen.ids.has(payload.id);
        const subscribe = (name, handle) => bus.subscribe(`facturation_collab.${name}`, handle);

        subscribe("invoice", (payload) => tell("onInvoice", payload, shows(payload)));
        subscribe("presence", (payload) => tell("onPresence", payload, shows(payload)));
        subscribe("take_over", (payload) => tell("onTakeOver", payload, shows(payload)));
        subscribe("lists", (payload) => tell("onLists", payload));
        subscribe("inbox", (payload) => tell("onInbox", payload));
        subscribe("channels", () => bus.forceUpdateChannels());
        // After sleep the bus brings what was missed; screens look once by themselves, not all at the same moment.
        bus.addEventListener("BUS:RECONNECT", () =>
            browser.setTimeout(() => tell("onMissed"), Math.random() * CATCH_UP)
        );
        const countOwn = (change) => (ev) => {
            const { model, method } = ev.detail.data?.params || {};
            if (model && !isReading(method)) {
                ownCalls = Math.max(ownCalls + change, 0);
                ownCallAt = Date.now();
            }
        };
        rpcBus.addEventListener("RPC:REQUEST", countOwn(1));
        rpcBus.addEventListener("RPC:RESPONSE", countOwn(-1));

        const channel = (id) => `facturation_collab.invoice_${id}`;

        function show(screen, ids) {
            for (const id of ids) {
                if (!screen.ids.has(id)) {
                    shownBy.set(id, (shownBy.get(id) || 0) + 1);
                    if (shownBy.get(id) === 1) {
                        bus.addChannel(channel(id));
                    }
                }
            }
            for (const id of screen.ids) {
                if (!ids.has(id)) {
                    shownBy.set(id, shownBy.get(id) - 1);
                    if (!shownBy.get(id)) {
                        shownBy.delete(id);
                        bus.deleteChannel(channel(id));
                    }
                }
            }
            screen.ids = ids;
        }

        return {
            /**
             * @param {Object} hooks onInvoice, onPresence, onTakeOver: about an invoice that the screen shows; onLists,
             *     onInbox: invoices that may have come; onMissed: anything may have happened
             * @returns {{ show: (ids: Iterable<number>) => void, close: () => void }}
             */
            open(hooks) {
                const screen = { ...hooks, ids: new Set() };
                if (!screens.size) {
                    bus.addChannel(LISTS);
                }
                screens.add(screen);
                return {
                    show: (ids) => show(screen, new Set(ids)),
                    close: () => {
                        show(screen, new Set());
                        screens.delete(screen);
                    },
                };
            },
            /** Whether this page itself caused what is told: the screen that did it reads what it needs by itself. */
            isOwn(payload) {
                return payload.user === user.userId && (ownCalls > 0 || Date.now() - ownCallAt < OWN_WINDOW);
            },
            get ownCallAt() {
                return ownCallAt;
            },
        };
    },
};

registry.category("services").add("invoice_live", invoiceLiveService);
