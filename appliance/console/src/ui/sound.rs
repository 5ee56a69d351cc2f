//! How the sound of one side of a call was, in words and in numbers: as it came to us, and as its end says that it heard us.

use model::call::{LegQuality, LiveCall, Mos};

use super::{Ctx, Fact};

/// What its end heard, in a sentence.
pub(super) fn heard(ctx: &Ctx, leg: &LegQuality) -> String {
    let Some(far) = leg.far else { return ctx.t("far-silent") };
    let (all, before) = (per_mille(far.lost, far.expected), per_mille(far.lost_before, far.expected));
    match (all, before) {
        (0, _) => ctx.t("far-no-gaps"),
        (_, 0) => ctx.with("far-gaps", &[("share", (&percent(all)).into())]),
        _ => ctx.with("far-gaps-before", &[("share", (&percent(all)).into()), ("before", (&percent(before)).into())]),
    }
}

/// The sound of a call that is up, in a word: the worst of what was measured until now, of both sides and both ways.
pub(super) fn worst(ctx: &Ctx, call: &LiveCall) -> Option<String> {
    let legs = [&call.caller_quality, &call.callee_quality];
    legs.iter().flat_map(|leg| [leg.mos_in, leg.mos_out]).flatten().min().map(|mos| score(ctx, mos))
}

/// All that is heard of it is encrypted, to whoever is in it.
pub(super) fn is_locked(call: &LiveCall) -> bool {
    let mut heard =
        [&call.caller_quality, &call.callee_quality].into_iter().filter(|leg| leg.packets_in > 0).peekable();
    heard.peek().is_some() && heard.all(|leg| leg.cipher.is_some())
}

/// The numbers behind it.
pub(super) fn facts(ctx: &Ctx, leg: &LegQuality) -> Vec<Fact> {
    let milliseconds = |us: u32| ctx.with("milliseconds", &[("count", u64::from(us).div_ceil(1000).into())]);
    let unknown = || ctx.t("quality-unknown");
    let mut facts = vec![
        (ctx.t("quality-from"), leg.mos_in.map_or_else(unknown, |mos| score(ctx, mos))),
        (ctx.t("quality-to"), leg.mos_out.map_or_else(unknown, |mos| score(ctx, mos))),
        (ctx.t("quality-in"), ctx.local.grouped(leg.packets_in)),
        (ctx.t("quality-out"), ctx.local.grouped(leg.packets_out)),
        (ctx.t("quality-lost"), percent(per_mille(leg.lost, leg.packets_in + leg.lost))),
        (ctx.t("quality-jitter"), milliseconds(leg.jitter_us)),
        (ctx.t("quality-round-trip"), leg.round_trip_us.map_or_else(unknown, milliseconds)),
    ];
    // Where it never happens nobody needs to learn what it is.
    if leg.unopened > 0 {
        facts.push((ctx.t("quality-unopened"), ctx.local.grouped(leg.unopened)));
    }
    if let Some(far) = leg.far {
        facts.push((ctx.t("quality-far-lost"), percent(per_mille(far.lost, far.expected))));
        facts.push((ctx.t("quality-far-jitter"), milliseconds(far.jitter_us)));
    }
    facts
}

/// As people would judge it (G.107 annex B, table B.1), with the number.
fn score(ctx: &Ctx, mos: Mos) -> String {
    let word = match mos.0 {
        434.. => "mos-very-good",
        403.. => "mos-good",
        360.. => "mos-fair",
        310.. => "mos-poor",
        _ => "mos-bad",
    };
    ctx.with("mos", &[("word", (&ctx.t(word)).into()), ("score", (&mos.to_string()).into())])
}

/// In whole numbers.
fn per_mille(part: u64, of: u64) -> u64 {
    (part * 1000).checked_div(of).unwrap_or(0)
}

fn percent(per_mille: u64) -> String {
    format!("{}.{} %", per_mille / 10, per_mille % 10)
}
