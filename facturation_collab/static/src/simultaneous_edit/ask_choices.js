import { ConflictDialog } from "./conflict_dialog";

/**
 * Ask what stays of what both changed.
 *
 * @param {Object} dialog the service
 * @param {Object} conflict the context of the error
 * @param {string} [title] of the dialog
 * @returns {Promise<Object|false>} what goes with the next save; false when the person goes on editing
 */
export function askChoices(dialog, conflict, title) {
    return new Promise((resolve) => {
        dialog.add(
            ConflictDialog,
            {
                title,
                people: conflict.people,
                rows: conflict.rows,
                confirm: (choices) => resolve({ seen: conflict.seen, choices }),
            },
            { onClose: () => resolve(false) }
        );
    });
}
