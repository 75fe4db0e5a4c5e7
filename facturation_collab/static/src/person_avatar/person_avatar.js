import { Component } from "@odoo/owl";
import { imageUrl } from "@web/core/utils/urls";

import { PERSON_STATES } from "../utils/validation_states";

/** A face, a name, and what this person answered. */
export class PersonAvatar extends Component {
    static template = "facturation_collab.PersonAvatar";
    static props = {
        person: {
            type: Object,
            shape: { id: Number, name: String, state: { type: String, optional: true }, "*": true },
        },
        showName: { type: Boolean, optional: true },
        isMuted: { type: Boolean, optional: true },
    };
    static defaultProps = { showName: true, isMuted: false };

    get imageUrl() {
        return imageUrl("res.users", this.props.person.id, "avatar_128");
    }

    get answer() {
        return PERSON_STATES[this.props.person.state];
    }
}
