import { Component } from "@odoo/owl";

import { PersonAvatar } from "../person_avatar/person_avatar";
import { describeMoment } from "../utils/dates";

/** What people wrote with their decisions. */
export class ValidationComments extends Component {
    static template = "facturation_collab.ValidationComments";
    static components = { PersonAvatar };
    static props = { comments: Array };

    get comments() {
        return this.props.comments.map((comment) => ({ ...comment, moment: describeMoment(comment.date) }));
    }
}
