import { Result, Route } from "../cni/result";
import { Fields } from "../json/fields";
import { RT_TABLE_MAIN } from "../linux/rtnetlink";

/** What becomes of IPAM's default routes: the keys `noDefaultRoute` and `defaultRouteMetric`. */
export class DefaultRoute {
  private isUnwanted: bool = false;
  /** 0 for what IPAM says. */
  private metric: u32 = 0;

  load(fields: Fields): void {
    this.isUnwanted = fields.flag("noDefaultRoute");
    this.metric = <u32>fields.integer("defaultRouteMetric", 0, u32.MAX_VALUE);
    if (this.isUnwanted && this.metric > 0) {
      fields.reject("defaultRouteMetric", "is for a default route, and noDefaultRoute for none");
    }
  }

  /** Takes out of an IPAM result what is not to be installed, or gives it the metric. */
  apply(result: Result): void {
    const kept: Route[] = [];
    for (let i = 0; i < result.routes.length; i++) {
      const route = result.routes[i];
      const isDefault = isDefaultOfMain(route);
      if (isDefault && this.isUnwanted) continue;
      if (isDefault && this.metric > 0) route.priority = this.metric;
      kept.push(route);
    }
    result.routes = kept;
  }
}

/** Half of all addresses is no network: such a route stands in for a default one, and before it. */
function isDefaultOfMain(route: Route): bool {
  // The kernel takes table 0 for main.
  return route.dst.prefix <= 1 && (route.table <= 0 || route.table == RT_TABLE_MAIN);
}
