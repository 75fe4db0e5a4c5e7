/**
 * Read what a model shows again, and show it unless somebody began to type while it was read.
 *
 * @param {import("@web/model/relational_model/relational_model").RelationalModel} model
 * @param {() => boolean | Promise<boolean>} isBusy
 * @returns {Promise<boolean>} false when it has to wait
 */
export async function loadUnless(model, isBusy) {
    const { root } = model;
    const config = model._getNextConfig(model.config, {});
    const data = await model._loadData(config);
    if (model.root !== root) {
        return true; // read by somebody else meanwhile
    }
    if (await isBusy()) {
        return false;
    }
    model.hooks.onWillLoadRoot(config);
    model.root = model._createRoot(config, data);
    model.config = config;
    await model.hooks.onRootLoaded(model.root);
    return true;
}
