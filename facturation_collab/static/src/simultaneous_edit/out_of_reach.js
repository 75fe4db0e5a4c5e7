import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { user } from "@web/core/user";

const SESSION_OVER = "odoo.http.SessionExpiredException";
const GONE = ["odoo.exceptions.MissingError", "odoo.exceptions.AccessError"];

export function isSessionOver(error) {
    return error.exceptionName === SESSION_OVER;
}

/** Whether the server could not be asked; what was typed is as good as before. */
export function isOutOfReach(error) {
    return error instanceof ConnectionLostError || isSessionOver(error);
}

/** Whether what was edited was removed, or closed to its editor, by somebody else: saving says so. */
export function isGone(error) {
    return GONE.includes(error.exceptionName);
}

function getKey(resId) {
    return `facturation_collab.unsaved/${user.userId}/${resId}`;
}

/** Keep the changes of an invoice in this tab, for its user alone: until they come back to it, or close the tab. */
export function keepInTab(resId, changes) {
    browser.sessionStorage.setItem(getKey(resId), JSON.stringify(changes));
}

/** Return what was kept in this tab, or null. */
export function readFromTab(resId) {
    return JSON.parse(browser.sessionStorage.getItem(getKey(resId)));
}

export function removeFromTab(resId) {
    browser.sessionStorage.removeItem(getKey(resId));
}
