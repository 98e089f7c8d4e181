//! What is refused before anything is touched, and what is only noted.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use medianestctl::engine::fake::FakeEngine;
use medianestctl::engine::{ContainerSpec, Engine, NetworkSpec};
use medianestctl::model::{Labels, label};
use medianestctl::plan::PlanError;

use crate::support::{Project, shop, shop_engine};

async fn refusal(project: &Project, engine: &FakeEngine) -> String {
    let before = engine.changes().len();
    let error: PlanError = project.deploy(engine).await.unwrap_err().plan();
    assert_eq!(engine.changes().len(), before, "nothing is touched");
    format!("{error}\nhint: {}", error.hint().unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_container_of_docker_compose() {
    let engine = shop_engine();
    let labels: Labels = [(label::COMPOSE_PROJECT, "shop"), (label::COMPOSE_SERVICE, "api"), (label::COMPOSE_NUMBER, "1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let spec = ContainerSpec::holder("shop-api-1".into(), "shop/api:v1".into(), labels, Vec::new());
    engine.create_container(&spec).await.unwrap();
    assert_snapshot!(refusal(&shop(), &engine).await, @r"
    container `shop-api-1` exists and was not made by medianestctl
    hint: look at it with `docker inspect shop-api-1`; `docker compose -p shop down` removes the containers and keeps the volumes
    ");
}

#[tokio::test(start_paused = true)]
async fn a_network_of_somebody_else() {
    let engine = shop_engine();
    let spec = NetworkSpec {
        name: "shop_front".into(),
        labels: Labels::new(),
        driver: None,
        driver_opts: BTreeMap::new(),
        internal: false,
        subnet: None,
        ip_range: None,
    };
    engine.create_network(&spec).await.unwrap();
    assert_snapshot!(refusal(&shop(), &engine).await, @r"
    network `shop_front` exists and was not made by medianestctl
    hint: give this stack another network name, or remove that one with `docker network rm shop_front`
    ");
}

/// As the example in docs/ingress.md: nothing is said of networks.
const FRONT_DOOR: &str = "
name: shop
services:
  app: {image: 'shop/api:${VERSION:-v1}'}
  proxy:
    image: shop/proxy:1
    configs: [{source: upstreams, target: /etc/nginx/upstreams/upstreams.conf}]
    x-medianest: {ingress: {config: upstreams, routes: [{upstream: app, service: app, port: 3000}]}}
configs: {upstreams: {content: '# none'}}
";

#[tokio::test(start_paused = true)]
async fn an_ingress_whose_file_says_nothing_of_networks_is_switched_too() {
    let engine = shop_engine();
    Project::new(FRONT_DOOR).deploy(&engine).await.unwrap();
    let next = Project::new(FRONT_DOOR).var("VERSION", "v2");
    let plan = next.deploy(&engine).await.unwrap().plan.to_text();
    assert!(plan.contains("switch") && plan.contains("drain"), "{plan}");
}

#[tokio::test(start_paused = true)]
async fn an_ingress_in_a_network_without_fixed_addresses() {
    let engine = shop_engine();
    let spec = NetworkSpec {
        name: "edge".into(),
        labels: Labels::new(),
        driver: None,
        driver_opts: BTreeMap::new(),
        internal: false,
        subnet: None,
        ip_range: None,
    };
    engine.create_network(&spec).await.unwrap();
    let project = Project::new(&format!("{FRONT_DOOR}networks: {{default: {{external: true, name: edge}}}}"));
    assert_snapshot!(refusal(&project, &engine).await, @r"
    the ingress `proxy` cannot have a fixed address for service `app`: the network `edge` has no part for fixed addresses
    hint: make the network `edge` anew with a part for fixed addresses: `docker network create --subnet 10.99.0.0/24 --ip-range 10.99.0.128/25 edge`
    ");
    // One of the project's own, made before it was to have such addresses.
    let labels: Labels = [(label::PROJECT.to_owned(), "shop".to_owned())].into();
    engine.create_network(&NetworkSpec { name: "shop_default".into(), labels, ..spec }).await.unwrap();
    assert_snapshot!(refusal(&Project::new(FRONT_DOOR), &engine).await, @r"
    the ingress `proxy` cannot have a fixed address for service `app`: the network `shop_default` has no part for fixed addresses
    hint: run `medianestctl down` and then the same command again: the network is made anew, data stays
    ");
}

const ONE: &str = "
name: shop
services:
  web: {image: shop/proxy:1, networks: [edge], volumes: ['media:/media']}
";

#[tokio::test(start_paused = true)]
async fn an_external_network_that_is_missing() {
    let project = Project::new(&format!("{ONE}networks: {{edge: {{external: true, name: edge}}}}\nvolumes: {{media: {{}}}}"));
    assert_snapshot!(refusal(&project, &shop_engine()).await, @r"
    the external network `edge` does not exist
    hint: create it with `docker network create edge`
    ");
}

#[tokio::test(start_paused = true)]
async fn an_external_volume_that_is_missing() {
    let project = Project::new(&format!("{ONE}networks: {{edge: {{}}}}\nvolumes: {{media: {{external: true, name: films}}}}"));
    assert_snapshot!(refusal(&project, &shop_engine()).await, @r"
    the external volume `films` does not exist
    hint: create it with `docker volume create films`
    ");
}

#[tokio::test(start_paused = true)]
async fn a_new_password_for_a_database_that_keeps_its_own() {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    assert_snapshot!(refusal(&shop().secret("db_password", "wrong horse"), &engine).await, @r"
    the secret `db_password` changed, but shop_data was made with the old one and keeps it
    hint: put the old value back into the file of `db_password`; the running stack keeps it with the engine
    ");
}

#[tokio::test(start_paused = true)]
async fn a_user_whose_number_nobody_knows() {
    let project = Project::new(
        "{name: shop, services: {web: {image: 'shop/proxy:1', user: www, secrets: [token]}}, secrets: {token: {file: token}}}",
    );
    assert_snapshot!(refusal(&project.secret("token", "battery"), &shop_engine()).await, @r#"
    service `web` runs as `www`: the tool cannot tell that user's number, which its secrets need
    hint: give numbers: `user: "1000:1000"` for service `web` in compose.override.yaml, or `uid:` for each of its secrets
    "#);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_left_the_files_is_noted() {
    let engine = shop_engine();
    let both = "{name: shop, services: {web: {image: 'shop/proxy:1'}, old: {image: 'shop/proxy:1'}}}";
    Project::new(both).deploy(&engine).await.unwrap();
    let plan = Project::new("{name: shop, services: {web: {image: 'shop/proxy:1'}}}").plan(&engine).await.unwrap();
    assert_snapshot!(plan.to_text(), @r"
      1 ~ record   the release  it runs, and is not recorded yet
    note: container shop-old-1 belongs to this project and to no service of its files: its service is in no file any more
    hint: `medianestctl deploy --remove-orphans` removes it, when nobody needs it
    ");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_only_the_engine_has_is_no_change() {
    let engine = shop_engine();
    shop().deploy(&engine).await.unwrap();
    let mut elsewhere = shop();
    elsewhere.secrets.clear();
    assert_snapshot!(elsewhere.plan(&engine).await.unwrap().to_text(), @"");
}

#[tokio::test(start_paused = true)]
async fn a_subnet_that_cannot_change_any_more_is_noted() {
    let engine = shop_engine();
    let stack = |subnet: &str| {
        let services = "services: {web: {image: 'shop/proxy:1', networks: [net]}}";
        Project::new(&format!("{{name: shop, {services}, networks: {{net: {{x-medianest: {{subnet: {subnet}}}}}}}}}"))
    };
    stack("10.1.0.0/24").deploy(&engine).await.unwrap();
    assert_snapshot!(stack("10.2.0.0/24").plan(&engine).await.unwrap().to_text(), @r"
    note: network shop_net has the subnet 10.1.0.0/24, and the files say 10.2.0.0/24
    hint: `medianestctl down` and then `medianestctl deploy` make it anew; data stays
    ");
    assert_snapshot!(stack("auto").plan(&engine).await.unwrap().to_text(), @"");
}
