//! Networks, addresses, ports of the host.

use std::{net::TcpListener, time::Duration};

use ipnet::Ipv4Net;
use medianestctl::engine::{ContainerSpec, ErrorKind};
use medianestctl::model::{ObservedNetwork, Port, Protocol, PublishedPort};

use crate::support::{Lab, Program, endpoint, half};

fn nth(subnet: Ipv4Net, n: usize) -> Option<std::net::Ipv4Addr> {
    subnet.hosts().nth(n - 1)
}

async fn network(lab: &Lab, name: &str) -> Option<ObservedNetwork> {
    lab.engine().networks().await.unwrap().into_iter().find(|n| n.name == name)
}

/// A container with this place in the network.
fn placed(lab: &Lab, network: &str, address: Option<std::net::Ipv4Addr>) -> ContainerSpec {
    let mut spec = lab.spec(Program::Stubborn);
    spec.networks.insert(network.to_owned(), endpoint(address));
    spec
}

/// Why a container cannot be started. Newer engines (28) find some of the reasons when it is created.
async fn refused(lab: &Lab, spec: &ContainerSpec) -> ErrorKind {
    match lab.engine().create_container(spec).await {
        Ok(_) => lab.engine().start(&spec.name).await.unwrap_err().kind,
        Err(error) => error.kind,
    }
}

pub(crate) async fn a_network_is_made_once(lab: &Lab) {
    let subnet = lab.free_subnet(0).await;
    let mut spec = lab.network_spec(Some(subnet), Some(half(subnet)));
    spec.labels.insert("a".into(), "ü \"1\"".into());
    spec.internal = true;
    lab.engine().create_network(&spec).await.unwrap();
    let seen = network(lab, &spec.name).await.unwrap();
    assert_eq!((seen.subnets.as_slice(), seen.ip_range, seen.internal), ([subnet].as_slice(), Some(half(subnet)), true));
    assert_eq!((seen.labels, seen.gateway), (spec.labels.clone(), Some(half(subnet).network())));
    assert_eq!(lab.engine().create_network(&spec).await.unwrap_err().kind, ErrorKind::Conflict);
    spec.subnet = Some(lab.free_subnet(1).await);
    spec.ip_range = None;
    assert_eq!(lab.engine().create_network(&spec).await.unwrap_err().kind, ErrorKind::Conflict, "another subnet, the same name");
    for _ in 0..2 {
        lab.engine().remove_network(&spec.name).await.unwrap();
    }
    assert_eq!(network(lab, &spec.name).await, None);
}

pub(crate) async fn subnets_do_not_overlap(lab: &Lab) {
    let (_, subnet) = lab.network().await;
    for overlapping in [subnet, half(subnet), subnet.supernet().unwrap()] {
        let spec = lab.network_spec(Some(overlapping), None);
        let error = lab.engine().create_network(&spec).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::AddressInUse, "{overlapping}: {error}");
    }
    // The engine's own choice does not either.
    let spec = lab.network_spec(None, None);
    lab.engine().create_network(&spec).await.unwrap();
    let chosen = network(lab, &spec.name).await.unwrap();
    assert!(!chosen.subnets[0].contains(&subnet) && chosen.gateway == chosen.subnets[0].hosts().next(), "{chosen:?}");
}

pub(crate) async fn a_network_in_use_stays(lab: &Lab) {
    let (name, _) = lab.network().await;
    let spec = placed(lab, &name, None);
    lab.run(&spec).await;
    assert_eq!(lab.engine().remove_network(&name).await.unwrap_err().kind, ErrorKind::Conflict);
    // A stopped container does not hold it.
    lab.engine().stop(&spec.name, Duration::ZERO).await.unwrap();
    lab.engine().remove_network(&name).await.unwrap();
    assert_eq!(lab.engine().start(&spec.name).await.unwrap_err().kind, ErrorKind::NotFound);
}

pub(crate) async fn no_network_is_no_network(lab: &Lab) {
    let name = lab.running(Program::Serve).await;
    let seen = lab.inspect(&name).await;
    assert!(seen.networks.is_empty() && seen.ports.is_empty(), "{seen:?}");
}

pub(crate) async fn a_missing_network_fails_the_start(lab: &Lab) {
    let spec = placed(lab, &lab.network_name(), None);
    lab.create(&spec).await;
    assert_eq!(lab.engine().start(&spec.name).await.unwrap_err().kind, ErrorKind::NotFound);
    assert!(!lab.inspect(&spec.name).await.state.is_running());
}

pub(crate) async fn a_fixed_address_is_kept(lab: &Lab) {
    let (name, subnet) = lab.network().await;
    let spec = placed(lab, &name, nth(subnet, 5));
    lab.create(&spec).await;
    let fixed = |seen: &medianestctl::model::ObservedContainer| seen.fixed_addresses.get(&name).copied();
    let seen = lab.inspect(&spec.name).await;
    assert_eq!((fixed(&seen), seen.networks[&name]), (nth(subnet, 5), None), "one that does not run has no address");
    for _ in 0..2 {
        lab.engine().start(&spec.name).await.unwrap();
        let seen = lab.inspect(&spec.name).await;
        assert_eq!((fixed(&seen), seen.networks[&name]), (nth(subnet, 5), nth(subnet, 5)));
        lab.engine().stop(&spec.name, Duration::ZERO).await.unwrap();
        let seen = lab.inspect(&spec.name).await;
        assert_eq!((fixed(&seen), seen.networks[&name]), (nth(subnet, 5), None));
    }
}

pub(crate) async fn a_fixed_address_is_held_by_one(lab: &Lab) {
    let (name, subnet) = lab.network().await;
    let (first, second) = (placed(lab, &name, nth(subnet, 5)), placed(lab, &name, nth(subnet, 5)));
    lab.run(&first).await;
    lab.create(&second).await;
    let error = lab.engine().start(&second.name).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AddressInUse, "{error}");
    lab.engine().stop(&first.name, Duration::ZERO).await.unwrap();
    lab.engine().start(&second.name).await.unwrap();
    assert_eq!(lab.engine().start(&first.name).await.unwrap_err().kind, ErrorKind::AddressInUse);
}

pub(crate) async fn a_fixed_address_is_one_of_the_subnet(lab: &Lab) {
    let (name, subnet) = lab.network().await;
    assert_eq!(refused(lab, &placed(lab, &name, Some([192, 0, 2, 5].into()))).await, ErrorKind::Other);
    // The gateway's is taken, and networks() says which that is.
    let gateway = network(lab, &name).await.unwrap().gateway;
    assert!(gateway.is_some_and(|g| subnet.contains(&g)), "{gateway:?}");
    assert_eq!(refused(lab, &placed(lab, &name, gateway)).await, ErrorKind::AddressInUse);
    // Without a subnet of the user's there are no fixed addresses.
    let auto = lab.network_spec(None, None);
    lab.engine().create_network(&auto).await.unwrap();
    let chosen = network(lab, &auto.name).await.unwrap().subnets[0];
    assert_eq!(refused(lab, &placed(lab, &auto.name, nth(chosen, 5))).await, ErrorKind::Other);
}

pub(crate) async fn other_addresses_come_from_the_range(lab: &Lab) {
    let (name, subnet) = lab.network().await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let spec = placed(lab, &name, None);
        lab.run(&spec).await;
        seen.push(lab.inspect(&spec.name).await.networks[&name].expect("an address"));
    }
    assert!(seen[0] != seen[1] && seen.iter().all(|a| half(subnet).contains(a)), "{seen:?} in {}", half(subnet));
}

pub(crate) async fn a_container_has_two_networks(lab: &Lab) {
    let (first, subnet) = lab.network().await;
    let (second, other) = lab.network().await;
    let mut spec = placed(lab, &first, nth(subnet, 5));
    spec.networks.insert(second.clone(), endpoint(nth(other, 6)));
    lab.run(&spec).await;
    let seen = lab.inspect(&spec.name).await;
    let expected = [(first.clone(), nth(subnet, 5)), (second.clone(), nth(other, 6))];
    assert_eq!(seen.networks, expected.clone().into());
    assert_eq!(seen.fixed_addresses, expected.into_iter().map(|(name, a)| (name, a.unwrap())).collect());
}

fn published(published: Option<u16>) -> Port {
    Port { host_ip: Some([127, 0, 0, 1].into()), published, target: 80, protocol: Protocol::Tcp }
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) async fn a_host_port_is_held_by_one(lab: &Lab) {
    let (name, _) = lab.network().await;
    let port = free_port();
    let (mut first, mut second) = (placed(lab, &name, None), placed(lab, &name, None));
    first.ports = vec![published(Some(port))];
    second.ports = vec![Port { host_ip: None, ..published(Some(port)) }];
    lab.run(&first).await;
    let expected = PublishedPort { host_ip: Some([127, 0, 0, 1].into()), published: port, target: 80, protocol: Protocol::Tcp };
    assert_eq!(lab.inspect(&first.name).await.ports, std::slice::from_ref(&expected));
    lab.create(&second).await;
    let error = lab.engine().start(&second.name).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::AddressInUse, "{error}");
    lab.engine().stop(&first.name, Duration::ZERO).await.unwrap();
    assert_eq!(lab.inspect(&first.name).await.ports, []);
    lab.engine().start(&second.name).await.unwrap();
    assert_eq!(lab.inspect(&second.name).await.ports, [PublishedPort { host_ip: None, ..expected }]);
}

pub(crate) async fn a_free_host_port_is_found(lab: &Lab) {
    let (name, _) = lab.network().await;
    let mut spec = placed(lab, &name, None);
    spec.ports = vec![published(None)];
    lab.run(&spec).await;
    let seen = lab.inspect(&spec.name).await.ports;
    assert!(matches!(seen.as_slice(), [PublishedPort { published: 1024.., target: 80, .. }]), "{seen:?}");
}
