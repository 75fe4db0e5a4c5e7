import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";

/**
 * The sentence to show for an error of the server, so that a refusal reads like an answer and not like a crash.
 * Anything that is not an answer of the server is a bug of the client and is thrown again.
 *
 * @param {Error} error
 * @returns {string}
 */
export function describeServerError(error) {
    if (error instanceof RPCError) {
        return error.data?.message || error.message;
    }
    if (error instanceof ConnectionLostError) {
        return _t("The server cannot be reached. Nothing was changed: please try again in a moment.");
    }
    throw error;
}
