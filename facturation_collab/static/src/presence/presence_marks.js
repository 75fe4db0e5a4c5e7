import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

export const PRESENCE_MODES = {
    editing: { icon: "fa-pencil", color: "text-bg-warning", describe: (name) => _t("%s is editing it", name) },
    viewing: { icon: "fa-eye", color: "text-bg-info", describe: (name) => _t("%s has it open", name) },
    idle: {
        icon: "fa-clock-o",
        color: "text-bg-secondary",
        describe: (name) => _t("%s has it open, and is away", name),
    },
};

export function describePerson({ name, mode, place }) {
    if (!place) {
        return PRESENCE_MODES[mode].describe(name);
    }
    return mode === "editing"
        ? _t("%(name)s is editing: %(place)s", { name, place })
        : _t("%(name)s is away and has not saved: %(place)s", { name, place });
}

/** In a list or kanban: a dot where somebody else has the invoice open, which says who. Gone when they are. */
export class PresenceDot extends Component {
    static template = "facturation_collab.PresenceDot";
    static props = { ...standardFieldProps };

    get people() {
        return this.props.record.data[this.props.name] || [];
    }

    get display() {
        const isEdited = this.people.some(({ mode }) => mode === "editing");
        const isOpen = this.people.some(({ mode }) => mode === "viewing");
        return PRESENCE_MODES[isEdited ? "editing" : isOpen ? "viewing" : "idle"];
    }

    get text() {
        return this.people.map(({ name, mode }) => PRESENCE_MODES[mode].describe(name)).join("\n");
    }
}

export const presenceDot = {
    component: PresenceDot,
    displayName: _t("Who has it open"),
    supportedTypes: ["json"],
};

registry.category("fields").add("invoice_presence", presenceDot);
