const READING =
    /^(web_)?(read|search|name_search|resequence_read|onchange|copy_data)|^(get_|has_|check_|fields_|formatted_)/;
const PRESENCE = new Set(["report_presence", "leave_presence", "ask_take_over", "answer_take_over"]);

/** Whether a call to the server changes nothing that a screen shows of an invoice. */
export function isReading(method = "") {
    return READING.test(method) || PRESENCE.has(method);
}
