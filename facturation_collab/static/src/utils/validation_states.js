import { _t } from "@web/core/l10n/translation";

/** How the state of a request is said and shown; the colour only ever repeats what the label says. */
export const REQUEST_STATES = {
    preview: { label: _t("Not submitted"), badge: "text-bg-secondary", icon: "fa-pencil" },
    pending: { label: _t("To validate"), badge: "text-bg-warning", icon: "fa-hourglass-half" },
    approved: { label: _t("Approved"), badge: "text-bg-success", icon: "fa-check" },
    returned: { label: _t("Returned"), badge: "text-bg-danger", icon: "fa-undo" },
    rejected: { label: _t("Rejected"), badge: "text-bg-danger", icon: "fa-ban" },
    cancelled: { label: _t("Cancelled"), badge: "text-bg-secondary", icon: "fa-times" },
    forced: { label: _t("Posted without validation"), badge: "text-bg-danger", icon: "fa-exclamation-triangle" },
};

export const STEP_STATES = {
    preview: { label: _t("Planned"), color: "secondary", icon: "fa-circle-o" },
    waiting: { label: _t("Later"), color: "secondary", icon: "fa-circle-o" },
    open: { label: _t("Open"), color: "warning", icon: "fa-hourglass-half" },
    approved: { label: _t("Approved"), color: "success", icon: "fa-check" },
    returned: { label: _t("Returned"), color: "danger", icon: "fa-undo" },
    rejected: { label: _t("Rejected"), color: "danger", icon: "fa-ban" },
    cancelled: { label: _t("Cancelled"), color: "secondary", icon: "fa-times" },
    superseded: { label: _t("Superseded"), color: "secondary", icon: "fa-history" },
};

export const PERSON_STATES = {
    waiting: { label: _t("has not answered yet"), icon: "", color: "secondary" },
    approved: { label: _t("approved"), icon: "fa-check", color: "success" },
    returned: { label: _t("returned it"), icon: "fa-undo", color: "danger" },
    rejected: { label: _t("rejected it"), icon: "fa-times", color: "danger" },
};
