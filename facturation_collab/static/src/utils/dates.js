import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";

const { DateTime, Duration } = luxon;

/**
 * How much time lies between two moments, in the largest unit that fits and in the reader's language: "3 days".
 *
 * @param {DateTime} from
 * @param {DateTime} [to] now by default
 * @returns {string}
 */
export function formatElapsed(from, to = DateTime.now()) {
    const { days, hours, minutes } = to.diff(from, ["days", "hours", "minutes"]).toObject();
    if (Math.abs(days) >= 1) {
        return Duration.fromObject({ days: Math.floor(Math.abs(days)) }).toHuman();
    }
    if (Math.abs(hours) >= 1) {
        return Duration.fromObject({ hours: Math.floor(Math.abs(hours)) }).toHuman();
    }
    return Duration.fromObject({ minutes: Math.max(1, Math.floor(Math.abs(minutes))) }).toHuman();
}

/**
 * One moment in the forms a screen needs: for people now (relative), for people who want to know (full), for machines.
 *
 * @param {string|false|null} value UTC, as the server writes it
 * @returns {{ iso: string, full: string, relative: string, elapsed: string, isPast: boolean } | null}
 */
export function describeMoment(value) {
    if (!value) {
        return null;
    }
    const moment = deserializeDateTime(value);
    return {
        iso: moment.toISO(),
        full: toLocaleDateTimeString(moment),
        relative: moment.toRelative(),
        elapsed: formatElapsed(moment),
        isPast: moment < DateTime.now(),
    };
}
