//! What the `Pbx` says, held to the contract of its neighbours and written down.

use calls::callback::Ask;
use calls::{Event, FaxWay};
use media::SessionId;
use model::PhoneNumber;
use sip::api as sip_api;

use super::words::{self, describe};
use super::{Bench, Leg};

impl Bench {
    pub(super) fn on_sip(&mut self, command: sip_api::Command) {
        use sip_api::Command as C;
        match command {
            C::SetUsers(_) => self.say("set users"),
            C::Block(blocks) => {
                let list: Vec<_> = blocks.iter().map(|b| b.source.label()).collect();
                self.say(format!("block [{}]", list.join(", ")));
            }
            C::Reach { leg, uri, route } => {
                let route: String = route.iter().map(|r| format!(" via {}", r.expose())).collect();
                self.say(format!("reach {} {}{route}", self.name(leg), uri.expose()));
            }
            C::AnswerOffer { leg, body } => self.say(format!("answer offer {} {}", self.name(leg), describe(&body))),
            C::AskMirror { at } => self.say(format!("ask mirror {}", at.remote)),
            C::ReadMessages { legs, .. } => {
                let list: Vec<_> = legs.iter().map(|leg| self.name(*leg)).collect();
                self.say(format!("read messages [{}]", list.join(", ")));
            }
            C::Unblock { source } => self.say(format!("unblock {}", source.label())),
            C::SetAdvertised(list) if list.is_empty() => {}
            C::SetAdvertised(list) => self.say(format!("set advertised: {} networks", list.len())),
            C::SetSecurePeers(list) if list.is_empty() => {}
            C::SetSecurePeers(list) => self.say(format!("set secure peers: {}", list.len())),
            // A plan names one of its own in one script.
            C::SetEmergency(numbers) if !numbers.iter().any(|number| number == "988") => {}
            C::SetEmergency(numbers) => self.say(format!("set emergency: {}", numbers.join(", "))),
            C::SetStrongDigest(_) | C::SetTrunks(_) | C::SetTrunkSecrets(_) | C::LeaveTrunks => {}
            C::SetPeers(peers) => self.say(format!("set peers: {} trunks", peers.trunks.len())),
            C::AcceptRegister { contacts, outbound, .. } => {
                let list: Vec<_> = contacts.iter().map(words::contact).collect();
                let outbound = if outbound { " outbound" } else { "" };
                self.say(format!("accept register{outbound} [{}]", list.join(", ")));
            }
            C::TooBrief { min_expires, .. } => self.say(format!("reject register 423, at least {min_expires}s")),
            C::Challenge { stale, .. } => self.say(format!("challenge register{}", if stale { " stale" } else { "" })),
            C::Reject { code, .. } => self.say(format!("reject {code}")),
            C::ChallengeInvite { leg, stale } => {
                self.end(leg, &[Leg::Offered]);
                self.say(format!("challenge {}{}", self.name(leg), if stale { " stale" } else { "" }));
            }
            C::Ring { leg, code, body } => {
                assert_eq!(self.legs.get(&leg), Some(&Leg::Offered), "{}", self.log);
                let body = body.map_or_else(String::new, |b| format!(" {}", describe(&b)));
                self.say(format!("ring {} {code}{body}", self.name(leg)));
            }
            C::Answer { leg, body } => {
                assert_eq!(self.legs.insert(leg, Leg::Up), Some(Leg::Offered), "{}", self.log);
                self.say(format!("answer {} {}", self.name(leg), describe(&body)));
            }
            C::Refuse { leg, code, retry_after } => {
                self.end(leg, &[Leg::Offered]);
                let retry = retry_after.map_or_else(String::new, |s| format!(" retry-after {s}"));
                self.say(format!("refuse {} {code}{retry}", self.name(leg)));
            }
            C::Invite { leg, call } => {
                let sip_api::OutgoingCall { uri, flow, from, body, hops, route, headers, for_help, .. } = *call;
                let calls = |beginning: &str| uri.expose().starts_with(beginning);
                assert!(!for_help || !calls("sip:+") && !calls("sip:1"), "{}", self.log);
                assert!(for_help || !calls("sip:911@") && !calls("sip:933@"), "{}", self.log);
                assert!(leg.is_outgoing() && self.legs.insert(leg, Leg::Calling).is_none(), "{}", self.log);
                let from = format!("\"{}\" {}", from.display.expose(), from.uri.expose());
                let route: String = route.iter().map(|r| format!(" via {}", r.expose())).collect();
                let line =
                    format!("invite {} {}{route} from {from}", self.name(leg), words::target(uri.expose(), &flow));
                // Only where a script said that the call had come far.
                let far = if hops < sip_api::HOPS - 1 { format!(" hops {hops}") } else { String::new() };
                let private = if headers.iter().any(|(name, _)| *name == "Privacy") { " private" } else { "" };
                self.say(format!("{line} {}{far}{private}", describe(&body)));
                // What is said beside that of who calls, from where and how they are to be let in; most calls say nothing.
                let others = headers.iter().filter(|(name, _)| *name != "Privacy");
                let others: Vec<_> = others.map(|(name, value)| format!("{name}: {}", value.expose())).collect();
                if !others.is_empty() {
                    self.say(format!("  {}", others.join(" | ")));
                }
            }
            C::Cancel { leg } => {
                self.end(leg, &[Leg::Calling]);
                self.say(format!("cancel {}", self.name(leg)));
            }
            C::Taken { leg } => {
                self.end(leg, &[Leg::Calling]);
                self.say(format!("cancel {} taken", self.name(leg)));
            }
            C::Bye { leg } => {
                self.end(leg, &[Leg::Up]);
                self.say(format!("bye {}", self.name(leg)));
            }
            C::Reinvite { leg, body } | C::Propose { leg, body } => {
                assert!(self.legs.get(&leg) == Some(&Leg::Up) && self.asking.insert(leg), "{}", self.log);
                self.say(format!("reinvite {} {}", self.name(leg), describe(&body)));
            }
            C::AnswerReinvite { leg, body } => {
                assert!(self.asked.remove(&leg), "{}", self.log);
                self.say(format!("answer reinvite {} {}", self.name(leg), describe(&body)));
            }
            C::RefuseReinvite { leg, code } => {
                assert!(self.asked.remove(&leg), "{}", self.log);
                self.say(format!("refuse reinvite {} {code}", self.name(leg)));
            }
            C::Refer { .. } => panic!("the switchboard hands nobody on by asking a phone to: {}", self.log),
            C::AcceptRefer { leg } => {
                assert_eq!(self.referring.insert(leg, true), Some(false), "{}", self.log);
                self.say(format!("accept refer {}", self.name(leg)));
            }
            C::ReferProgress { leg, code } => {
                assert_eq!(self.referring.get(&leg), Some(&true), "{}", self.log);
                if code >= 200 {
                    self.referring.remove(&leg);
                }
                self.say(format!("refer progress {} {code}", self.name(leg)));
            }
            C::RefuseRefer { leg, code } => {
                assert_eq!(self.referring.remove(&leg), Some(false), "{}", self.log);
                self.say(format!("refuse refer {} {code}", self.name(leg)));
            }
            C::AcceptMessage { .. } => self.say("accept message"),
            C::Send { id, sending } => {
                let sip_api::Sending { uri, flow, from, content, .. } = *sending;
                let content = match content {
                    sip_api::Content::Options => "options".to_owned(),
                    sip_api::Content::State { package, document } => {
                        format!("{} {}", package.name(), words::document(&document))
                    }
                    sip_api::Content::Message { content_type, body } => {
                        let text = String::from_utf8_lossy(&body).into_owned();
                        format!(
                            "message {content_type} {text:?} from {:?} {}",
                            from.display.expose(),
                            from.uri.expose()
                        )
                    }
                };
                self.say(format!("send {} {} at {} {content}", id.0, uri.expose(), flow.remote));
            }
            C::AcceptSubscription { subscription, list } => {
                let list = if list { " list" } else { "" };
                self.say(format!("accept subscription {}{list}", subscription.0));
            }
            C::ChallengeSubscription { subscription, stale } => {
                self.say(format!("challenge subscription {}{}", subscription.0, if stale { " stale" } else { "" }));
            }
            C::RefuseSubscription { subscription, code } => {
                self.say(format!("refuse subscription {} {code}", subscription.0));
            }
            C::Notify { subscription, document } => {
                self.say(format!("notify {} {}", subscription.0, words::document(&document)));
                self.documents.push(document);
            }
            C::EndSubscription { subscription, why } => {
                self.say(format!("end subscription {} {}", subscription.0, why.word()));
            }
        }
    }

    pub(super) fn on_media(&mut self, command: media::Command) -> Option<SessionId> {
        use media::Command as C;
        let text = match command {
            C::Open { session, port, home } => {
                assert!(self.sessions.insert(session), "a session is opened once\n{}", self.log);
                // The first address of IPv4 is what is meant where nothing is said.
                let family = if home.family == media::Family::V6 { " in IPv6" } else { "" };
                format!("open s{} :{port}{family}{}", session.0, words::at_home(home))
            }
            C::Listen { session, home } => {
                assert!(self.sessions.contains(&session), "no session listens\n{}", self.log);
                format!("listen s{} {:?}{}", session.0, home.family, words::at_home(home))
            }
            C::Group { session, group } => format!("group s{} {group}", session.0),
            C::Remote { session, addr } => match addr {
                Some(addr) => format!("remote s{} {addr}", session.0),
                None => format!("remote s{} on hold", session.0),
            },
            C::Secure { session, keys } => match keys {
                Some(keys) => {
                    let (ours, theirs) = (words::key_name(&keys.ours), words::key_name(&keys.theirs));
                    format!("secure s{} {} ours {ours} theirs {theirs}", session.0, keys.ours.suite().name())
                }
                None => format!("plain s{}", session.0),
            },
            C::Handshake { session, terms } => match terms {
                Some(terms) => {
                    let checks = if terms.ice.is_some() { " with checks" } else { "" };
                    format!("handshake s{} as {:?}{checks}", session.0, terms.role)
                }
                None => format!("no handshake s{}", session.0),
            },
            C::TelephoneEvent { session, payload_type } => {
                let events = match payload_type {
                    // The number that we offer ourselves.
                    Some(101) => String::new(),
                    Some(number) => format!(" events {number}"),
                    None => " no events".to_owned(),
                };
                // Where sound goes and how keys are told come together: one line, "sound", tells both.
                match self.last_line(&format!("remote s{} ", session.0)) {
                    Some(to) => format!("sound s{} {to}{events}", session.0),
                    None => format!("events s{}{events}", session.0),
                }
            }
            // What we could say follows from what was agreed on, which the lines of SDP show.
            C::Voice { session, .. } => {
                assert!(self.sessions.contains(&session), "a voice of no session\n{}", self.log);
                return None;
            }
            // Beside the sound, as ever; otherwise it is worth a line.
            C::Reports { way: Some(media::Reports::Beside(None)), .. } => return None,
            C::Reports { session, way } => match way {
                Some(media::Reports::Mux) => format!("reports s{} on the port of the sound", session.0),
                Some(media::Reports::Beside(to)) => format!("reports s{} to {to:?}", session.0),
                None => format!("no reports s{}", session.0),
            },
            C::Room { session, room } => {
                self.rooms.insert(session, room);
                format!("room {} s{}", room.0, session.0)
            }
            C::Mute { session, muted } => format!("{} s{}", if muted { "mute" } else { "unmute" }, session.0),
            C::RecordRoom { room, record, limits } => {
                self.room_records.insert(room, record);
                format!("record room {} most {:?}", room_number(room), limits.most)
            }
            C::StopRecordRoom { room } => {
                self.stopped_rooms.push((room, media::RecordEnd::Stopped));
                format!("stop record room {}", room_number(room))
            }
            C::Play { session, play, sound } => {
                self.plays.insert(session, play);
                format!("play s{} {}", session.0, super::voices::words(&sound))
            }
            C::Stop { session } => format!("stop s{}", session.0),
            C::Record { session, record, limits } => {
                self.records.insert(session, record);
                if limits.silence.is_none() {
                    self.taped.insert(session);
                }
                format!("record s{} most {:?} silence {:?}", session.0, limits.most, limits.silence)
            }
            C::Press { session, digit } => format!("press s{} {digit}", session.0),
            C::StopRecord { session } => {
                match self.tapes_end {
                    true => self.stopped_tapes.push(session),
                    false => drop(self.taped.remove(&session)),
                }
                format!("stop record s{}", session.0)
            }
            C::Bridge { a, b } => format!("bridge s{} s{}", a.0, b.0),
            C::Echo { session } => format!("echo s{}", session.0),
            C::Dismiss { session } => format!("dismiss s{}", session.0),
            C::Idle { session } => format!("idle s{}", session.0),
            C::Raw { session } => format!("raw s{}", session.0),
            C::SendRaw { session, .. } => format!("send raw s{}", session.0),
            C::Tap { .. } | C::SendTapped { .. } | C::Gather { .. } => {
                unreachable!("whoever carries the fax orders it")
            }
            C::Close { session } => {
                assert!(self.sessions.remove(&session), "a session is closed once\n{}", self.log);
                if let Some(room) = self.rooms.remove(&session)
                    && !self.rooms.values().any(|other| *other == room)
                {
                    self.stopped_rooms.push((room, media::RecordEnd::Closed));
                }
                // Sessions that close one after the other share a line.
                let others = self.last_line("close ").map_or_else(String::new, |others| format!("{others} "));
                self.say(format!("close {others}s{}", session.0));
                return Some(session);
            }
        };
        self.say(text);
        None
    }

    pub(super) fn on_event(&mut self, event: Event) {
        match event {
            Event::LiveChanged | Event::KeptChanged => {}
            Event::Mailbox { call, ask } => {
                if let calls::mailbox::Ask::Listen { voicemail } = &ask {
                    self.listens.push(*voicemail);
                }
                self.asking_call = Some(call);
                self.say(format!("ask {ask:?}"));
            }
            Event::Recording { call, ask } => {
                self.recording_call = Some(call);
                use calls::recording::Ask;
                match &ask {
                    Ask::Begin(_) => assert!(self.tapes.insert(call, 0).is_none(), "begun once\n{}", self.log),
                    Ask::Part { number, .. } => {
                        let parts = self.tapes.get_mut(&call).expect("it was begun, and nobody said no");
                        assert_eq!(*number, *parts, "one after the other\n{}", self.log);
                        *parts += 1;
                    }
                    Ask::Discard => assert!(self.tapes.remove(&call).is_some(), "begun before\n{}", self.log),
                    Ask::Stopped { .. } | Ask::GoesOn { .. } | Ask::Forget { .. } => {
                        assert!(self.tapes.contains_key(&call), "{}", self.log);
                    }
                }
                self.say(format!("tape {ask:?}"));
            }
            Event::Callback { call, ask } => {
                let said = match &ask {
                    Ask::Keep(callback) => {
                        let within = callback.expires.millis_since(callback.ordered) / 60_000;
                        format!("keep {} {} {within} min", callback.queue, callback.number.as_str())
                    }
                    Ask::Start(_) => "start".to_owned(),
                    Ask::Become { state, .. } => format!("is {}", state.word()),
                };
                self.say(format!("callback {said}"));
                let about = match ask {
                    Ask::Keep(callback) => (callback.id, false),
                    Ask::Start(callback) => (callback, true),
                    Ask::Become { callback, .. } => (callback, false),
                };
                self.callback_asks.extend(call.map(|call| (call, about)));
            }
            Event::CallbackCancelled { result, .. } => match result {
                Ok(()) => self.say("cancelled"),
                Err(e) => self.say(format!("not cancelled: {e}")),
            },
            Event::StudioRings { result, .. } => match result {
                Ok(()) => self.say("it rings for a recording"),
                Err(e) => self.say(format!("no recording: {e}")),
            },
            Event::TrunksFound(known) => {
                let of = |(name, targets): &(String, Vec<_>)| {
                    format!("{name} {}", targets.iter().map(calls::target_text).collect::<Vec<_>>().join(" "))
                };
                self.say(format!("found {}", known.iter().map(of).collect::<Vec<_>>().join(", ")));
            }
            Event::Blocked(block) => {
                self.say(format!("BLOCKED {} {}", block.source.label(), block.suspicion.word()));
            }
            Event::Notice { sentence } => self.say(format!("NOTICE {}", sentence.expose())),
            Event::Forgiven { source } => self.say(format!("FORGIVEN {}", source.label())),
            Event::SignInsRefused(counted) => {
                let from = counted.key.map_or_else(|| "others".to_owned(), |s| s.label());
                self.say(format!("SIGN-INS REFUSED {} from {from}", counted.count));
            }
            Event::UnblockAnswered { source, result } => match result {
                Ok(()) => self.say(format!("unblocked {}", source.label())),
                Err(e) => self.say(format!("not unblocked {}: {e}", source.label())),
            },
            Event::SwitchesChanged => self.say("switches changed"),
            Event::KeyPressed { user, switch } => {
                let what = match switch {
                    model::switches::Switch::DoNotDisturb { on, .. } => format!("quiet {on:?}"),
                    model::switches::Switch::Forward { when, to, .. } => {
                        format!(
                            "forward {} {}",
                            when.word(),
                            to.map_or_else(|| "off".to_owned(), |to| to.as_str().to_owned())
                        )
                    }
                    other => panic!("no key switches {other:?}"),
                };
                self.say(format!("KEY of {user}: {what}"));
            }
            Event::SwitchAnswered { result, .. } => match result {
                Ok(()) => self.say("switched"),
                Err(e) => self.say(format!("not switched: {e}")),
            },
            Event::PhonesChanged => self.say("phones changed"),
            Event::BindingsChanged => {
                let bindings = self.pbx.bindings();
                let of = |b: &model::call::Binding| format!("{} {}", b.user, b.flow);
                let list: Vec<_> = bindings.iter().map(of).collect();
                self.say(format!("bindings [{}]", list.join(", ")));
            }
            Event::Alert { call, sentence, tell, .. } => {
                let call = self.call(call);
                self.say(format!("ALERT {call} {} -> {}", sentence.expose(), tell.join(",")));
            }
            Event::Attach { call, session, direction, from, to, way } => {
                // As sound it may come before; then it is told once more, and never back.
                let sound = matches!(way, FaxWay::Audio(_));
                assert!(self.attached.insert(call) || !sound, "{}", self.log);
                let call = self.call(call);
                let number = |n: Option<PhoneNumber>| n.map_or_else(|| "-".to_owned(), |n| n.as_str().to_owned());
                let ends = format!("{} > {}", number(from), number(to));
                self.say(format!("ATTACH {call} s{} {direction:?} {ends} {}", session.0, said(way)));
            }
            Event::Between { call, sides } => {
                self.attached.insert(call);
                let call = self.call(call);
                let [caller, called] = sides.map(|(session, way)| format!("s{} {}", session.0, said(way)));
                self.say(format!("BETWEEN {call} {caller} and {called}"));
            }
            Event::FaxKeys { call, keys } => {
                assert!(self.attached.contains(&call), "{}", self.log);
                let call = self.call(call);
                self.say(format!("FAX KEYS {call} {}", keys.expose()));
            }
            Event::FaxFailed { call, direction, cause } => {
                assert!(self.fax_over.insert(call) && !self.attached.contains(&call), "{}", self.log);
                let call = self.call(call);
                self.say(format!("FAX FAILED {call} {direction:?} {cause:?}"));
            }
            Event::FaxLineEnded { call } => {
                assert!(self.fax_over.insert(call) && self.attached.contains(&call), "{}", self.log);
                let call = self.call(call);
                self.say(format!("FAX LINE ENDED {call}"));
            }
            Event::HangUpAnswered { call, result } => {
                let call = self.call(call);
                match result {
                    Ok(()) => self.say(format!("hung up {call}")),
                    Err(e) => self.say(format!("not hung up {call}: {e}")),
                }
            }
            Event::LadderAnswered { result, .. } => match result {
                Ok(ladder) => self.say(format!("ladder until now: {} messages", ladder.messages.len())),
                Err(e) => self.say(format!("no ladder: {e}")),
            },
            Event::Ladder { call, ladder } => {
                let call = self.call(call);
                self.say(format!("LADDER {call}"));
                for lane in &ladder.lanes {
                    self.say(format!("  {} {:?} caller {}", lane.name.expose(), lane.trunk, lane.caller));
                }
            }
            Event::TurnedAway(all) => self.say(format!("turned away {}", all.len())),
            Event::Record(record) => {
                assert!(self.recorded.insert(record.id), "a second record\n{}", self.log);
                let call = self.call(record.id);
                let party = |p: &model::call::Party| {
                    p.number.as_ref().map_or_else(|| "?".to_owned(), |n| n.as_str().to_owned())
                };
                let talked = if record.is_missed() { "alone" } else { "talked" };
                let answered = record
                    .answered
                    .map_or_else(String::new, |at| format!(" {talked} {}s", record.ended.millis_since(at) / 1000));
                let message = if record.left_message { " with a message" } else { "" };
                let waited = |w: &model::call::Queued| format!(" {} {}s {}", w.queue, w.millis / 1000, w.end.word());
                let message = record.queued.iter().fold(message.to_owned(), |said, w| said + &waited(w));
                let emergency = if record.emergency { " EMERGENCY" } else { "" };
                self.say(format!(
                    "RECORD {call}{emergency} {:?} {} > {} {:?} fault {:?}{answered}{message} packets {}/{}",
                    record.direction,
                    party(&record.from),
                    party(&record.to),
                    record.end,
                    record.fault,
                    record.caller_quality.packets_in,
                    record.callee_quality.packets_in,
                ));
                if self.show_trace {
                    let told = self.told;
                    for entry in record.trace.entries().filter(|e| e.at >= told) {
                        let seconds = entry.at.millis_since(record.started) / 1000;
                        let detail = entry.detail.expose();
                        let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                        self.say(format!("  {seconds:>3}s {:?} {}{detail}", entry.mark, entry.title.expose()));
                    }
                }
            }
        }
    }
}

fn said(way: FaxWay) -> String {
    match way {
        FaxWay::T38(t38) => format!("{} bit/s", t38.max_bit_rate),
        FaxWay::Audio(payload) => format!("sound {} as {}", payload.codec.name(), payload.number),
    }
}

/// The number of the plan.
fn room_number(room: media::RoomId) -> u64 {
    room.0 - (1 << 62)
}
