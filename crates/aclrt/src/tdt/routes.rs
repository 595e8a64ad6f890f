//! Which queue's messages go to which others.

use super::queues;
use crate::rt::param;
use capi::{
    Result,
    abi::{ACL_TDT_QUEUE_ROUTE_BIND, ACL_TDT_QUEUE_ROUTE_BIND_ABNORMAL},
};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeSet;

/// From one queue to another, and its state: one of `ACL_TDT_QUEUE_ROUTE_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) source: u32,
    pub(super) target: u32,
    pub(super) status: i32,
}

impl Route {
    fn works(&self) -> bool {
        self.status == ACL_TDT_QUEUE_ROUTE_BIND
    }

    fn joins(&self, other: &Route) -> bool {
        (self.source, self.target) == (other.source, other.target)
    }
}

/// The routes that are bound. They form no circle.
#[derive(Debug)]
pub(super) struct Routes(Vec<Route>);

static ROUTES: Mutex<Routes> = Mutex::new(Routes(Vec::new()));

/// The routes, as they are until the guard is dropped. Messages move along them only under it.
pub(super) fn lock() -> MutexGuard<'static, Routes> {
    ROUTES.lock()
}

impl Routes {
    /// Where messages of a queue go.
    pub(super) fn targets_of(&self, id: u32) -> Vec<u32> {
        self.0.iter().filter(|route| route.source == id && route.works()).map(|route| route.target).collect()
    }

    /// Which queues' messages go to a queue.
    pub(super) fn sources_of(&self, id: u32) -> Vec<u32> {
        self.0.iter().filter(|route| route.target == id && route.works()).map(|route| route.source).collect()
    }

    fn leads(&self, from: u32, to: u32) -> bool {
        let (mut pending, mut seen) = (vec![from], BTreeSet::new());
        while let Some(id) = pending.pop() {
            if seen.insert(id) {
                pending.extend(self.targets_of(id));
            }
        }
        seen.contains(&to)
    }

    /// Binds a route. A route that is bound stays bound. Messages that wait in its source do not go on by themselves.
    ///
    /// # Errors
    /// One of the queues does not exist, or the route would close a circle.
    pub(super) fn bind(&mut self, source: u32, target: u32) -> Result {
        let route = Route { source, target, status: ACL_TDT_QUEUE_ROUTE_BIND };
        for id in [source, target] {
            if queues::lookup(id).is_none() {
                let got = format!("{source} -> {target}, but no queue has the number {id}");
                return Err(param("qRouteList", "routes between queues", got));
            }
        }
        if self.leads(target, source) {
            let got = format!("{source} -> {target}, which would close one");
            return Err(param("qRouteList", "routes without a circle", got));
        }
        self.0.retain(|other| other.works() || !other.joins(&route));
        if !self.0.iter().any(|other| other.joins(&route)) {
            self.0.push(route);
        }
        Ok(())
    }

    /// Takes a route away.
    ///
    /// # Errors
    /// It is not bound.
    pub(super) fn unbind(&mut self, source: u32, target: u32) -> Result {
        let place = self.0.iter().position(|route| (route.source, route.target) == (source, target));
        let Some(place) = place else {
            let got = format!("{source} -> {target}, which is not");
            return Err(param("qRouteList", "routes that are bound", got));
        };
        self.0.remove(place);
        Ok(())
    }

    /// A queue was destroyed: its routes do not work any more. Returns the queues that fed it.
    pub(super) fn ended(&mut self, id: u32) -> Vec<u32> {
        let fed = self.sources_of(id);
        for route in self.0.iter_mut().filter(|route| route.source == id || route.target == id) {
            route.status = ACL_TDT_QUEUE_ROUTE_BIND_ABNORMAL;
        }
        self.0.retain(|route| {
            [route.source, route.target].into_iter().any(|end| queues::lookup(end).is_some())
        });
        fed
    }

    /// The routes that are as asked for, in the order in which they were bound.
    pub(super) fn query(&self, wanted: impl Fn(&Route) -> bool) -> Vec<Route> {
        self.0.iter().filter(|route| wanted(route)).copied().collect()
    }

    /// Whether a route does not work any more.
    pub(super) fn is_abnormal(route: &Route) -> bool {
        route.status == ACL_TDT_QUEUE_ROUTE_BIND_ABNORMAL
    }
}
