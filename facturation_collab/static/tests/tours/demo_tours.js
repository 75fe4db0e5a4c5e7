import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** On the demo company: what a policy would have meant over the past months, as figures, as pivot and as chart. */
tours.add("facturation_collab_administrator_replays_the_past_months", {
    steps: () => [
        {
            content: "New replay",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Past months",
        },
        {
            content: "Choose a policy",
            trigger: ".o_field_widget[name=policy_ids] input",
            run: "edit Vendor bills of Marketing",
        },
        {
            content: "The one of Marketing",
            trigger: ".o-autocomplete--dropdown-item a:contains(/^Vendor bills of Marketing$/)",
            run: "click",
        },
        {
            content: "It is chosen",
            trigger: ".o_field_widget[name=policy_ids] .o_tag:contains(Vendor bills of Marketing)",
        },
        {
            content: "Over four months",
            trigger: ".o_field_widget[name=months] input",
            run: "edit 4",
        },
        {
            content: "Replay",
            trigger: "button[name=action_replay]",
            run: "click",
        },
        {
            content: "The figures are there: invoices under the policy",
            trigger: ".o_field_widget[name=report] tr:contains(Under a policy) td:last-child:contains(/^[1-9][0-9]+$/)",
        },
        {
            content: "And the expected time",
            trigger: ".o_field_widget[name=report] tr:contains(Expected time) td:last-child:contains(/[1-9]/)",
        },
        {
            content: "See the load of each approver",
            trigger: "button[name=action_view_lines]",
            run: "click",
        },
        {
            content: "The pivot names the manager",
            trigger: ".o_pivot table th:contains(Max Keller)",
        },
        {
            content: "And has steps",
            trigger: ".o_pivot table td.o_pivot_cell_value:contains(/[1-9]/)",
        },
        {
            content: "The same as a chart",
            trigger: ".o_switch_view.o_graph",
            run: "click",
        },
        {
            content: "The chart is drawn",
            trigger: ".o_graph_view .o_graph_renderer canvas",
        },
        {
            content: "And as a list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "Max has his line",
            trigger: ".o_list_view .o_data_row:contains(Max Keller)",
        },
    ],
});
