//! Whom a rota calls, whom it cannot call, and that both are said: when the plan is checked, and of each call.

use expect_test::{Expect, expect};
use model::Settings;
use plan::{Plan, Usage};

use crate::{routes_in, settings, settings_with_modem};

/// Extension 600 leads to a rota in which 103 is followed by a number outside and a group.
fn rota(rest: &str) -> String {
    format!(
        r#"
[extensions.100]
ring = ["101", "102"]
order = "one by one"
[extensions.600]
to = "rota doctor"
[rotas.doctor]
turns = ["outside +12025550144", "103", "100"]
since = "2026-11-16"
{rest}"#
    )
}

/// What is wrong with a text, and then what a call to the rota comes to.
fn told(text: &str, settings: &Settings, expected: &Expect) {
    let plan = Plan::parse(text).expect("a text that is right in itself");
    let problems = plan.check(settings);
    let said: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    expected.assert_eq(&(said + &routes_in(settings, &plan, "101 600", Usage::default(), 0)));
}

#[test]
fn a_group_has_a_turn_with_all_its_phones_in_their_order() {
    told(
        &rota("[outside]\nnational = \"main\"\n"),
        &settings(),
        &expect![[r#"
        101 600 -> rota doctor +12025550144 by main then 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, is called first, and 2 more after that.
    "#]],
    );
}

/// Such a plan may count already: it is read as before, and whoever changes it next is told.
#[test]
fn what_leads_on_has_no_turn() {
    let rota = |turns: &str, rest: &str| {
        format!(
            "[extensions.600]\nto = \"rota doctor\"\n[rotas.doctor]\nturns = {turns}\nsince = \"2026-11-16\"\n{rest}"
        )
    };
    told(
        &rota("[\"600\"]", ""),
        &settings(),
        &expect![[r#"
        line 4: 600 leads on, and a rota calls phones (write an extension that rings, or "outside +12025550123")
        101 600 -> rota doctor 
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: 600, whose turn it is, cannot be called by this plan, nor can anybody else.
    "#]],
    );
    told(
        &rota(
            "[\"601\", \"103\"]",
            "escalate = [\"601\"]\n[rotas.doctor.swaps]\n\"2026-12-24 08:00 - 2026-12-26 08:00\" = \"601\"\n[extensions.601]\nto = \"announcement sorry\"\n[announcements.sorry]\nsay = \"Sorry.\"\n",
        ),
        &settings(),
        &expect![[r#"
            line 4: 601 leads on, and a rota calls phones (write an extension that rings, or "outside +12025550123")
            line 6: 601 leads on, and a rota calls phones (write an extension that rings, or "outside +12025550123")
            line 8: 601 leads on, and a rota calls phones (write an extension that rings, or "outside +12025550123")
            101 600 -> rota doctor 
                600 is an extension of this plan that leads to: rota doctor.
                Rota doctor: 601, whose turn it is, cannot be called by this plan, nor can anybody else.
        "#]],
    );
}

#[test]
fn a_right_against_whoever_is_on_call_is_a_problem_and_the_call_says_who_is_left_out() {
    let text = rota("[outside]\nnational = \"main\"\n[[rights]]\nnumbers = [\"+1202555\"]\nover = \"off\"\n");
    told(
        &text,
        &settings(),
        &expect![[r#"
        line 8: a right of the plan forbids this number (let that right leave it out, or write one before it with over = "NAME")
        101 600 -> rota doctor 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, cannot be called by this plan; the 2 after that are.
    "#]],
    );
}

#[test]
fn a_right_for_whoever_is_on_call_alone_is_enough() {
    let text = rota("[outside]\nnational = \"off\"\n[[rights]]\nnumbers = [\"+12025550144\"]\nover = \"backup\"\n");
    told(
        &text,
        &settings(),
        &expect![[r#"
        101 600 -> rota doctor +12025550144 by backup then 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, is called first, and 2 more after that.
    "#]],
    );
}

/// It is for whom it names, and a call that the plan leads on is nobody's.
#[test]
fn the_right_of_a_person_is_none_of_the_plan() {
    let text = rota("[outside]\nnational = \"off\"\n[[rights]]\npeople = [\"101\"]\nover = \"main\"\n");
    told(
        &text,
        &settings(),
        &expect![[r#"
        line 8: the plan calls national numbers over no trunk (name a trunk for them in [outside]: national = "NAME")
        101 600 -> rota doctor 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, cannot be called by this plan; the 2 after that are.
    "#]],
    );
}

#[test]
fn a_modem_carries_nobody_to_whoever_is_on_call() {
    let settings = settings_with_modem();
    told(
        &rota("[outside]\nnational = [\"closet\", \"main\"]\n"),
        &settings,
        &expect![[r#"
        101 600 -> rota doctor +12025550144 by main then 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, is called first, and 2 more after that.
    "#]],
    );
    told(
        &rota("[outside]\nnational = \"closet\"\n"),
        &settings,
        &expect![[r#"
        line 8: the plan calls this number over no trunk (name a trunk beside the modem, or in its place: a modem carries faxes and no voice)
        101 600 -> rota doctor 103 then 101+102 OneByOne
            600 is an extension of this plan that leads to: rota doctor.
            Rota doctor: a number outside, whose turn it is, cannot be called by this plan; the 2 after that are.
    "#]],
    );
    let alone = "[extensions.600]\nto = \"outside +12025550144\"\n[outside]\nnational = \"closet\"\n";
    told(
        alone,
        &settings,
        &expect![[r#"
        line 2: the plan calls this number over no trunk (name a trunk beside the modem, or in its place: a modem carries faxes and no voice)
        101 600 -> refuse 403
            600 is an extension of this plan that leads to: a number outside.
            The plan leads to a number outside that it may not call.
    "#]],
    );
}
