import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { waitUntil } from "@odoo/hoot-dom";
import { getService, MockServer } from "@web/../tests/web_test_helpers";

/** Somebody else did something, and the server tells it: one message after the other, and the time that it spreads. */
export async function tell(kind, ...payloads) {
    const bus = getService("bus_service");
    const type = `facturation_collab.${kind}`;
    let count = 0;
    await bus.start();
    const onTold = () => count++;
    bus.subscribe(type, onTold);
    for (const payload of payloads) {
        MockServer.env["bus.bus"]._sendone("broadcast", type, payload);
    }
    await waitUntil(() => count === payloads.length, { timeout: 5000 });
    bus.unsubscribe(type, onTold);
    await advanceTime(1000);
    await animationFrame();
    await animationFrame();
}
