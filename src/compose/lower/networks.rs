//! Networks: the top-level ones and what a service says of its own (Compose specification, "Networks").

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::fields::At;
use super::{Context, Declared};
use crate::compose::keys;
use crate::model::{Attachment, Network, SubnetChoice};

/// The network of services that name none.
pub(super) const DEFAULT: &str = "default";

/// The top-level networks.
pub(super) fn networks(cx: &mut Context<'_>, at: &At<'_>) -> BTreeMap<String, Network> {
    let mut networks = BTreeMap::new();
    for (entry, at) in at.entries(cx.report).unwrap_or_default() {
        let network = if at.is_null() { plain(cx, &entry.key, &at) } else { network(cx, &entry.key, &at) };
        networks.extend(network.map(|network| (entry.key.clone(), network)));
    }
    networks
}

/// The default network of a project that does not mention it.
pub(super) fn implied(cx: &mut Context<'_>, root: &At<'_>) -> Option<Network> {
    plain(cx, DEFAULT, root)
}

fn plain(cx: &mut Context<'_>, key: &str, at: &At<'_>) -> Option<Network> {
    Some(Network {
        name: cx.engine_name(None, key, at, false)?,
        external: false,
        internal: false,
        driver: None,
        driver_opts: BTreeMap::new(),
        subnet: SubnetChoice::Engine,
        labels: BTreeMap::new(),
    })
}

fn network(cx: &mut Context<'_>, key: &str, at: &At<'_>) -> Option<Network> {
    let mut fields = at.fields(cx.report)?;
    let external = fields.take("external").and_then(|v| v.bool(cx.report)).unwrap_or(false);
    let name = fields.take("name");
    let name = cx.engine_name(name.as_ref(), key, at, external);
    let driver = fields.take("driver");
    let driver_opts = fields.take("driver_opts");
    let internal = fields.take("internal");
    let labels = fields.take("labels");
    let ipam = fields.take("ipam");
    let extension = fields.take("x-medianest");
    if external {
        for given in [&driver, &driver_opts, &internal, &labels, &ipam, &extension].into_iter().flatten() {
            given.error_hint(cx.report, "an external network is used as it is", "remove this key, or `external`");
        }
    }
    let fixed = ipam.as_ref().and_then(|v| self::ipam(cx, v));
    let chosen = extension.as_ref().and_then(|v| self::extension(cx, v));
    if let (Some(extension), Some(_), Some(_)) = (&extension, fixed, chosen) {
        extension.error_hint(cx.report, "the subnet is given in `ipam` too", "remove one of the two");
    }
    let network = Network {
        name: name?,
        external,
        internal: internal.and_then(|v| v.bool(cx.report)).unwrap_or(false),
        driver: driver.and_then(|v| v.text(cx.report)),
        driver_opts: driver_opts.and_then(|v| cx.options(&v)).unwrap_or_default(),
        subnet: fixed.map(SubnetChoice::Fixed).or(chosen).unwrap_or(SubnetChoice::Engine),
        labels: labels.and_then(|v| cx.labels(&v)).unwrap_or_default(),
    };
    fields.finish(cx.report, keys::NETWORK, false);
    Some(network)
}

fn ipam(cx: &mut Context<'_>, at: &At<'_>) -> Option<Ipv4Net> {
    let mut fields = at.fields(cx.report)?;
    let mut subnet = None;
    if let Some(config) = fields.take("config") {
        let items = config.items(cx.report).unwrap_or_default();
        if items.len() > 1 {
            config.error(cx.report, "several subnets of one network are not supported yet");
        }
        for item in items.iter().take(1) {
            let Some(mut fields) = item.fields(cx.report) else { continue };
            subnet = fields.take("subnet").and_then(|v| self::subnet(cx, &v));
            fields.finish(cx.report, keys::IPAM_CONFIG, false);
        }
    }
    fields.finish(cx.report, keys::IPAM, false);
    subnet
}

fn subnet(cx: &mut Context<'_>, at: &At<'_>) -> Option<Ipv4Net> {
    let text = at.text(cx.report)?;
    match text.parse::<Ipv4Net>() {
        Ok(net) if net.trunc() == net => Some(net),
        Ok(net) => {
            let message = format!("`{text}` is an address within a subnet, not the subnet");
            at.error_hint(cx.report, message, format!("the subnet is `{}`", net.trunc()));
            None
        }
        Err(_) if text.parse::<ipnet::Ipv6Net>().is_ok() => {
            at.error(cx.report, "IPv6 subnets are not supported yet");
            None
        }
        Err(_) => {
            at.error(cx.report, format!("`{text}` is not a subnet such as `172.30.0.0/24`"));
            None
        }
    }
}

/// `x-medianest: {subnet: auto | <subnet>}`; an empty text leaves the choice to the engine.
fn extension(cx: &mut Context<'_>, at: &At<'_>) -> Option<SubnetChoice> {
    let mut fields = at.fields(cx.report)?;
    let subnet = fields.take("subnet");
    fields.finish(cx.report, &[], true);
    let subnet = subnet?;
    match subnet.text(cx.report)?.as_str() {
        "" => Some(SubnetChoice::Engine),
        "auto" => Some(SubnetChoice::Auto),
        _ => self::subnet(cx, &subnet).map(SubnetChoice::Fixed),
    }
}

/// The networks of a service: a list of names, or a map with aliases.
pub(super) fn attachments(cx: &mut Context<'_>, at: Option<At<'_>>) -> BTreeMap<String, Attachment> {
    let mut attachments = BTreeMap::new();
    let mut attach = |cx: &mut Context<'_>, at: &At<'_>, name: String, aliases| {
        if !cx.dangling(at, "network", &name, |declared: &Declared| &declared.networks) {
            attachments.insert(name, Attachment { aliases });
        }
    };
    if let Some(at) = at {
        if at.node.as_map().is_some() {
            for (entry, value) in at.entries(cx.report).unwrap_or_default() {
                let aliases = if value.is_null() { Vec::new() } else { aliases(cx, &value) };
                attach(cx, &value, entry.key.clone(), aliases);
            }
        } else {
            for item in at.items(cx.report).unwrap_or_default() {
                if let Some(name) = item.text(cx.report) {
                    attach(cx, &item, name, Vec::new());
                }
            }
        }
    }
    if attachments.is_empty() {
        attachments.insert(DEFAULT.to_owned(), Attachment { aliases: Vec::new() });
    }
    attachments
}

fn aliases(cx: &mut Context<'_>, at: &At<'_>) -> Vec<String> {
    let Some(mut fields) = at.fields(cx.report) else { return Vec::new() };
    let aliases = fields.take("aliases").and_then(|v| v.unique_scalars(cx.report)).unwrap_or_default();
    fields.finish(cx.report, keys::ATTACHMENT, false);
    aliases
}
