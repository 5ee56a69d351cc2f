//! Pages in, paper out.

use super::*;

#[track_caller]
fn check(html: &str, expected: &str) {
    assert_eq!(text(html, usize::MAX).as_deref(), Some(expected), "{html}");
}

#[test]
fn cells_of_a_row_have_bars_between_them() {
    let row = "<tr><td>Metoprolol</td><td>5</td><td>10</td></tr>";
    check(&format!("<table>{row}{row}</table>"), "Metoprolol | 5 | 10\nMetoprolol | 5 | 10");
    // An empty one keeps its column, however it is empty.
    for empty in ["", " ", "&nbsp;", "<p>&nbsp;</p>", "<br>", "<p><br></p>", "<img src=\"cid:dot\">"] {
        check(
            &format!("<tr><td>A</td><td>{empty}</td><td>5</td><td>{empty}</td></tr>"),
            &match empty.contains("&nbsp;") {
                true => "A | \u{a0} | 5".to_owned(),
                false => "A | | 5".to_owned(),
            },
        );
    }
    check("<tr><th></th><th>Mon</th></tr><tr><td>A</td><td>5</td></tr>", "| Mon\nA | 5");
    // Word makes a paragraph of each.
    check("<TR>\n<TD><P CLASS=MsoNormal>A</P></TD>\n<TD><P>5</P></TD></TR>\n<TR><TD><P>B</P></TD></TR>", "A | 5\nB");
    // Nothing is closed.
    check("<table><tr><td>A<td>5<tr><td>B<td>10", "A | 5\nB | 10");
    check("<b>x</b><td>A</td><td>5</td>", "x\nA | 5");
    check("<table><tr><td></td><td></td></tr></table>after", "after");
}

#[test]
fn lines_of_cells_stand_beside_each_other() {
    let expected = "Metoprolol | 5 mg\nAspirin | 100 mg";
    check("<tr><td>Metoprolol<br>Aspirin</td><td>5 mg<br>100 mg</td></tr>", expected);
    check("<tr><td><p>Metoprolol</p><p>Aspirin</p></td><td><p>5 mg</p>\n<p>100 mg</p></td></tr>", expected);
    check("<tr><td><div>Metoprolol</div>Aspirin<br></td>\n<td>5 mg<div>100 mg</div></td></tr>", expected);
    check("<tr><td><pre>Metoprolol\nAspirin\n</pre><td>5 mg<br>100 mg", expected);
    // One has fewer lines.
    check("<tr><td>A</td><td>5 mg<br>at noon</td><td>10</td></tr>", "A | 5 mg | 10\n| at noon");
    check("<tr><td>A<br>B<br>C</td><td>5</td><td>10<br>20</td></tr>", "A | 5 | 10\nB | | 20\nC");
    // A line is one also where nothing stands in it, and where nothing stands above.
    check("<tr><td>A<br><br>C</td><td>5<p>&nbsp;</p><p>10</p></td></tr>", "A | 5\n\nC | 10");
    check("<tr><td>A<br>B</td><td><br>10</td></tr>", "A\nB | 10");
    check("<tr><td>A<br>B</td><td><div><br></div><div>10</div></td></tr>", "A\nB | 10");
    check("<tr><td><ul><li>A<li>B</ul></td><td>5<br>10</td></tr>", "- A | 5\n- B | 10");
    // One cell is as it was: so letters are laid out.
    check("a<table><tr><td>b<p>c</p><br>d</td></tr></table><br>e", "a\nb\nc\n\nd\n\ne");
    // What was struck out beside it is not.
    check("<tr><td><s>5<br>6</s></td><td>7", "[struck out: 5] | 7\n[struck out: 6]");
    check("<table><tr><td><s>5</td><td>7</td></tr></table>8", "[struck out: 5] | 7\n8");
    check(
        "<table><tr><td><s>5<table><tr><td>6</table>7</s><td>8",
        "[struck out: 5]\n[struck out: 6]\n[struck out: 7]\n8",
    );
    check(
        "<s><table><tr><td>5</s></td><td>7</td></tr></table>8</s>",
        "[struck out: 5] | [struck out: 7]\n[struck out: 8]",
    );
}

#[test]
fn a_cell_that_reaches_into_others_keeps_their_columns() {
    let rows = "<tr><td>A</td><td rowspan=2>5</td><td>1</td></tr><tr><td>B</td><td>2</td></tr><tr><td>C</td><td>10</td><td>3</td></tr>";
    check(rows, "A | 5 | 1\nB | | 2\nC | 10 | 3");
    check(&format!("<table>{rows}</table>"), "A | 5 | 1\nB | | 2\nC | 10 | 3");
    check("<tr><td rowspan=\"2\">A<td>5<td>1<tr><td>10<td>2<br>3", "A | 5 | 1\n| 10 | 2\n| | 3");
    check(
        "<tr><td colspan=2>Dose</td><td>Day</td></tr><tr><td>5</td><td>mg</td><td>1</td></tr>",
        "Dose | | Day\n5 | mg | 1",
    );
    check(
        "<tr><td>A<td rowspan=2 colspan=\"2px\">5<td>1<tr><td>B<td>2<tr><td>C<td>3<td>4<td>6",
        "A | 5 | | 1\nB | | | 2\nC | 3 | 4 | 6",
    );
    check("<tr><td colspan=9>Medication</td></tr><tr><td>A</td></tr>", "Medication\nA");
    // As browsers read them.
    check("<table><tr><td rowspan=0>A<td>1<tr><td>2<tr><td>3<tbody><tr><td>B<td>4", "A | 1\n| 2\n| 3\nB | 4");
    check("<table><thead><tr><td rowspan=9>A<td>1</thead><tr><td>B<td>4", "A | 1\nB | 4");
    check("<tr><td colspan=x>A<td colspan=-1>B<td rowspan=1>C<tr><td colspan=0>D<td>E", "A | B | C\nD | E");
    // A row without cells is one, and a table has columns of its own.
    check("<table><tr><td rowspan=2>A<td>1<tr></tr><tr><td>B<td>2", "A | 1\nB | 2");
    check(
        "<table><tr><td rowspan=2>A<td><table><tr><td>1<td>2</table></td><td>3<tr><td>4<td>5</table><table><tr><td>6<td>7",
        "A\n1 | 2\n3\n| 4 | 5\n6 | 7",
    );
    check("<table><tr><td><table><tr><td>1</table>2</td><td>3<td>4", "1\n2\n3 | 4");
}

/// No more than the paper takes, whatever is asked for.
#[test]
fn cells_that_reach_far_cost_little() {
    let mut hostile = vec!["<td colspan=1000 rowspan=65534>".repeat(1000) + &"<tr><td>a".repeat(20_000)];
    hostile.push("<tr>".to_owned() + &"<td colspan=1000>a".repeat(20_000));
    hostile.push("<tr>".to_owned() + &"<td>".repeat(20_000) + &"a<br>".repeat(20_000));
    hostile.push("<table><tr><td rowspan=0 colspan=1000>".repeat(5_000) + &"<tr><td>a".repeat(20_000));
    for page in hostile {
        assert_eq!(text(&page, 50_000), None);
    }
    let empty = "<tr>".to_owned() + &"<td>".repeat(20_000) + &"&nbsp;<br>".repeat(20_000);
    assert_eq!(text(&empty, 400_000).as_deref(), Some(""));
}

#[test]
fn a_table_in_a_cell_has_lines_of_its_own() {
    let inner = "<table><tr><td>B</td><td>5</td></tr><tr><td>C</td><td>10</td></tr></table>";
    check(
        &format!("<table><tr><td>A</td><td>{inner}</td><td>D</td><td>E</td></tr></table>F"),
        "A\nB | 5\nC | 10\nD | E\nF",
    );
}

#[test]
fn a_block_is_a_line() {
    for name in ["div", "p", "h1", "section", "DIV", "center", "dd", "pre", "header"] {
        check(
            &format!("<{name}>Metoprolol 5</{name}><{name} title=\"a>b\">0.5 tablets</{name}>"),
            "Metoprolol 5\n0.5 tablets",
        );
        check(&format!("Metoprolol 5<{name}>0.5 tablets"), "Metoprolol 5\n0.5 tablets");
    }
    check("a<hr>b", "a\nb");
    check("<div>a</div><div><br></div><div>b</div>", "a\n\nb");
    check("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb");
    check("a<br>b<br clear=\"all\">c<br/><br/>d<br>", "a\nb\nc\n\nd");
    check("<div><div><div>a</div></div></div>\n <b>b</b>\n<i>c</i>d", "a\nb cd");
    check("<pre>A   5\n B 10\n</pre>C", "A   5\n B 10\nC");
    check("5<img src=x>10", "5 10");
}

#[test]
fn items_have_their_signs() {
    check("<ul><li>A 5</li><li>B 10<ul><li>noon<li></ul></ul>C", "- A 5\n- B 10\n  - noon\nC");
    check("Take<ol><li><p>A</p></li><li value=4>B<li>C</ol>", "Take\n1. A\n4. B\n5. C");
    check("<ol start=\"3\"><li>A</ol><li>B", "3. A\n- B");
}

#[test]
fn what_is_not_shown_is_not_printed() {
    check("<html><head><title>T</title><style type=\"text/css\">p{a:b}</style></head><body>a</body></html>", "a");
    check("<script src=x>if (1<2) document.write('<b>')</script>a<!-- b --><template><p>c</p></template>d", "ad");
    // A head that is not closed, and a title that is none.
    check("<head><title/>a<p>K+ <3.5 &amp; Na > 130 &lt;140", "a\nK+ <3.5 & Na > 130 <140");
    check("5&#150;10 mg, the patient&#146;s", "5–10 mg, the patient’s");
    // A sign that no paper has parts what stands beside it, and is no line of its own in a row.
    check("<tr><td>5&#11;0.5<td><pre>5&#13;0.5&#7;</pre>", "5 0.5 | 5 0.5");
}

/// A sort key that nobody sees is no part of a dose.
#[test]
fn what_a_page_hides_is_not_printed() {
    for hidden in [
        "<span style=\"display:none\">00005</span>",
        "<span style='color:red; DISPLAY : None !important;'>00005</span>",
        "<b style=visibility:hidden>00<i>0</i>05</b>",
        "<b style=visibility:collapse>0<b>00</b>05</b>",
        "<span hidden>00005</span>",
        "<div hidden=until-found><p>0<p>0005<table><tr><td>1</table></div>",
        "<div style=display:none>00<br>0<img>0<div>5</div></div>",
    ] {
        check(&format!("<table><tr><td>A<td>{hidden}5 mg<td>10</table>"), "A | 5 mg | 10");
        check(&format!("<p>A {hidden} 5 mg"), if hidden.contains("<div") { "A\n5 mg" } else { "A 5 mg" });
        let beside = match hidden {
            block if block.contains("<div") => "5\n10",
            room if room.contains("visibility") => "5 10",
            _ => "510",
        };
        check(&format!("5{hidden}10"), beside);
    }
    // A cell that is not there has no column, one that is only invisible has.
    check("<tr><td>A<td style=display:none>00005</td><td>5<tr><td>B<td hidden>7<td>10", "A | 5\nB | 10");
    check("<tr><td>A<td style=visibility:hidden>00005</td><td>5", "A | | 5");
    check("<table><tr><td>A<tr hidden><td>B<td>7</tr><tr><td>C</table>", "A\nC");
    check("<table><tr><td>A<tr hidden><td>B<tr><td>C<tbody style=display:none><tr><td>D</table>E", "A\nC\nE");
    check("<ul><li>A<li hidden>B<ul><li>b</ul><li>C</ul><select hidden><option>5</select>", "- A\n- C");
}

/// What a screen shows, or may show, is worth more than a clean page: a medication that is missing is not asked about.
#[test]
fn nothing_that_is_shown_is_lost_with_what_is_hidden() {
    // It was not closed: it ends with what it stands in, or where nothing of its kind goes on.
    check("<table><tr><td><span hidden>1<td>5 mg<tr><td>A</table>B", "5 mg\nA\nB".replace("5 mg", "| 5 mg").as_str());
    check("<table><tr><td><div hidden>1</td><td>5 mg</table>B", "| 5 mg\nB");
    check("<table><tr><td><div hidden>1</table>Take 5 mg", "Take 5 mg");
    check("<div><div hidden>1<p>2</div></div>Take 5 mg<div>b</div></div>", "Take 5 mg\nb");
    check("<p><span hidden>1<p>Take 5 mg</p><span>b</span>", "Take 5 mg\nb");
    check("<p hidden>1<p>Take 5 mg</p>", "Take 5 mg");
    check("<p hidden>1<div>Take 5 mg</div>", "Take 5 mg");
    check("<b><span hidden>1</b>Take 5 mg</span>", "Take 5 mg");
    check("<ul><li><span hidden>1<li>Take 5 mg</ul>", "- Take 5 mg");
    check("<dl><dt hidden>1<dd>Take 5 mg</dl>", "Take 5 mg");
    // To the end of the letter: then nothing of it is hidden, and stands apart.
    check("<i hidden>0</i>Take <div hidden>5 mg<p>daily", "0 Take\n5 mg\ndaily");
    check("Take <span style=display:none>5</span>5 mg<span hidden>10", "Take 5 5 mg 10");
    check("<div hidden>Take 5 mg</div>", "Take 5 mg");
    check("<body style=display:none>Take 5 mg<b hidden>1</b>", "Take 5 mg");
    check(&format!("<div hidden>{}</div>Take 5 mg", "<div>".repeat(500)), "Take 5 mg");
    // What its style, or what is in it, shows all the same.
    check("<p hidden style=display:block>Take 5 mg</p>", "Take 5 mg");
    check("<div style=visibility:hidden>1<p style=visibility:visible>Take 5 mg</div>daily", "Take 5 mg\ndaily");
    check("<table><tr style=visibility:hidden><td rowspan=2>A<td>5<tr><td>10</table>", "A | 5\n| 10");
    // A box that a style paints another way is ticked all the same.
    check("<input type=checkbox checked style=display:none>Yes<br hidden>No", "☒ Yes\nNo");
    check("<span style=display:none />5 mg", "5 mg");
}

#[test]
fn what_changes_a_number_is_said() {
    check(
        "4.5 x 10<sup>9</sup>/L, 10<sup>-3</sup>, CO<sub>2</sub>, m<sup>2</sup>, 1<sup>st</sup>",
        "4.5 x 10^9/L, 10^-3, CO2, m2, 1st",
    );
    check("A <s>5 mg</s> 10 mg <del> </del>", "A [struck out: 5 mg] 10 mg");
    check("<s>5", "[struck out: 5]");
}

#[test]
fn a_number_does_not_run_into_a_raised_or_lowered_one() {
    check("log<sub>10</sub>5.2, 10<sup>9</sup><span>5</span>", "log10 5.2, 10^9 5");
    check("10<sup>9</sup>/L, 10<sup>9</sup> 5, C<sub>6</sub>H<sub>12</sub>O", "10^9/L, 10^9 5, C6H12O");
    check("(1+2)<sup>3</sup>, 10<sup>1</sup><sup>2</sup>, C<sub>1</sub><sub>2</sub>", "(1+2)^3, 10^12, C12");
    check("10<sup>9</sup><br>5<tr><td>10<sup>9</sup><td>5", "10^9\n5\n10^9 | 5");
    // One of nothing is none, as editors leave them.
    check("10<sup></sup><sup>9</sup>, 10<sup>9</sup><sup></sup>5, 10<sub></sub>5", "10^9, 10^9 5, 105");
    check("10<sup>9<sup>2</sup>3</sup>5, 10</sup>5", "10^9^2 3 5, 105");
    // The other kind goes on with nothing.
    check("SO<sub>4</sub><sup>2-</sup>, x<sub>1</sub><sup>2</sup>, m<sub>e</sub><sup>2</sup>", "SO4^2-, x1^2, me2");
    check("10<sup>9</sup><sub>5</sub>, 10<sub>2</sub>, Na<sup>+</sup><sub>2</sub>", "10^9_5, 10_2, Na+2");
}

#[test]
fn what_a_style_sets_apart_stands_apart() {
    for style in [
        "display:block",
        "color:red; DISPLAY : Inline-Block",
        "display:table-cell !important",
        "display:inline;display:flex",
    ] {
        check(&format!("5<span style=\"{style}\">10</span>"), "5 10");
    }
    for style in ["display:inline", "color:red", "display:inline !important", "-display:block", "float:none"] {
        check(&format!("5<span style=\"{style}\">10</span>"), "510");
    }
    // To its other side, too, whatever is within it.
    check("<span style=display:block>5<b>1</b></span>10, <i style='float: left'>5</i>10", "51 10, 5 10");
    check("<span style=position:absolute><b>5</b></span>10", "5 10");
    check("<td><span style=font-size:0>00005</span>5 mg", "00005 5 mg");
}

#[test]
fn letters_of_a_symbol_font_are_those_that_a_screen_shows() {
    for (tag, end) in [
        ("<font face=\"Symbol\">", "</font>"),
        ("<span style='font-family:Symbol'>", "</span>"),
        ("<span style=\"color:red;font:12.0pt &quot;Symbol&quot;,serif\">", "</span>"),
        ("<FONT FACE=symbol,Arial><b>", "</b></FONT>"),
    ] {
        check(&format!("50 {tag}m{end}g"), "50 µg");
        check(&format!("50 {tag}\u{f06d}{end}g {tag}&pound; a\u{b3} &deg; 5{end}."), "50 µg ≤ α≥ ° 5.");
    }
    check(
        "<font face=Symbol>W</font> <font face=\"Segoe UI Symbol\">m</font> <b style=\"font:9pt Segoe UI Symbol\">m",
        "Ω m m",
    );
    check(
        "<font face=Wingdings>x</font> A <font face=Wingdings>\u{fe}</font> B <font face=wingdings>\u{a8}</font> C",
        "☒ A ☑ B ☐ C",
    );
    check("<font face='Wingdings 2'>R</font>", "☑");
    // What is not known is asked about.
    check("<font face=Wingdings>Z5</font> <font face=Webdings>a</font> <font face=Symbol>\u{b5}</font>", "?? ? ?");
    // As Word writes an item.
    check(
        "<p><span style='font-family:Symbol'><span style='mso-list:Ignore'>\u{b7}<span style='font:7.0pt \"Times New Roman\"'>&nbsp; m</span></span></span>mg</p>",
        "•\u{a0} mmg",
    );
    // Where it ends.
    check("<font face=Symbol>m<font face=Arial>m<br></font>m</font>m", "µm\nµm");
    check("<p><span style=font-family:Symbol>m</p>m<div>m", "µ\nm\nm");
    check("<table><tr><td><font face=Symbol>m<td>m</table>m", "µ | m\nm");
    check("<font face=Symbol><table><tr><td>m<td>m</table>m</font>m", "µ | µ\nµm");
}

/// A microgram that became a milligram would be a thousand times the dose.
#[test]
fn a_table_a_group_and_a_row_set_their_cells_in_their_face() {
    let symbol = "style=font-family:Symbol";
    for table in [
        format!("<table {symbol}><tr><td>m</td><td>m</td></tr>"),
        format!("<table><tbody {symbol}><tr><td>m</td><td>m</td></tr>"),
        format!("<table><tr {symbol}><td>m</td><td>m</td></tr>"),
        format!("<table><tr {symbol}><td>m<td>m"),
        format!("<table {symbol}><td>m<td>m"),
    ] {
        check(&format!("{table}</table>m"), "µ | µ\nm");
    }
    // Each ends where it ends, closed or not.
    check(&format!("<table><tr {symbol}><td>m</tr><tr><td>m</table>"), "µ\nm");
    check(&format!("<table><tr {symbol}><td>m<tr><td>m</table>"), "µ\nm");
    check(&format!("<table><tbody {symbol}><tr><td>m<tbody><tr><td>m</table>"), "µ\nm");
    check(&format!("<table><tbody {symbol}><tr><td>m<tr><td>m</tbody><tr><td>m</table>"), "µ\nµ\nm");
    check(&format!("<table {symbol}><tr style=font-family:Arial><td>m<tr><td>m</table>m"), "m\nµ\nm");
    check(&format!("<table><tr><td {symbol}>m<td>m</table>m"), "µ | m\nm");
    // Around and in another table.
    check(&format!("<table {symbol}><tr><td>m<table><tr><td>m</table>m<td>m</table>m"), "µ\nµ\nµ\nµ\nm");
    check(&format!("<table><tr><td>m<table {symbol}><tr><td>m</table>m<td>m</table>m"), "m\nµ\nm\nm\nm");
    check(&format!("<table><tr><td {symbol}>m<table><tr><td>m</td></tr></table>m</td><td>m</table>"), "µ\nµ\nµ\nm");
}

#[test]
fn who_said_what_in_an_answer_is_seen() {
    check(
        "<blockquote>Continue warfarin 5 mg?</blockquote>No, stop.<blockquote type=cite><p>And aspirin?</p><p>100 mg</p></blockquote><p>Yes.",
        "> Continue warfarin 5 mg?\nNo, stop.\n> And aspirin?\n> 100 mg\nYes.",
    );
    check("<blockquote>a<blockquote>b<br>c</blockquote>d</blockquote>e</blockquote>f", "> a\n> > b\n> > c\n> d\ne\nf");
    check("<blockquote>a<br><br>b<ul><li>c</ul><s>d</s></blockquote>", "> a\n\n> b\n> - c\n> [struck out: d]");
    // Around a table, and in one cell of it.
    check("<blockquote><table><tr><td>A<td>5<tr><td><td>10</table></blockquote>B", "> A | 5\n> | 10\nB");
    check("<table><tr><td><blockquote>A<br>B</blockquote>C<td>5<br>10<tr><td>D</table>", "> A | 5\n> B | 10\nC\nD");
    check("<table><tr><td><blockquote>A<td>5</table>B", "> A | 5\nB");
}

#[test]
fn what_is_filled_in_is_printed() {
    check("<input type=checkbox checked>Yes<input type=\"CheckBox\">No", "☒ Yes ☐ No");
    check("<label><input type=radio name=a checked=\"\"/> 5 mg</label>", "☒ 5 mg");
    check(
        "Dose<input value=\"5 mg\">daily<input type=date value=2026-11-20><input type=hidden value=9>",
        "Dose 5 mg daily 2026-11-20",
    );
    check("<textarea name=a>A 5\n B 10</textarea>C", "A 5\n B 10\nC");
    let options = |first: &str, second: &str| {
        format!("Take <select><option {first}>5 mg<option {second}>10 mg</option></select>daily")
    };
    check(&options("", ""), "Take 5 mg daily");
    check(&options("", "selected"), "Take 10 mg daily");
    check(&options("disabled", ""), "Take 10 mg daily");
    check(&options("selected", "").replace("select>", "select multiple>"), "Take 5 mg daily");
    check(&options("selected", "selected").replace("<select", "<select multiple"), "Take 5 mg, 10 mg daily");
    check(&options("", "").replace("<select", "<select size=4"), "Take daily");
    // One that is not closed hides no letter.
    check("<select><option>5 mg<option>10 mg<p>daily</p>", "5 mg\ndaily");
    check("<tr><td>A<td><select><option>5<option selected>10</td><td>daily", "A | 10 | daily");
}

#[test]
fn what_letters_alone_do_not_say_is_known() {
    let is_marked = |html: &str| read(html, usize::MAX).is_some_and(|read| read.is_marked);
    for html in [
        "<s>5",
        "<del>5",
        "<STRIKE>5",
        "10<sup>9",
        "CO<sub>2",
        "<table><tr><td>A",
        "<font face=Symbol>m",
        "<input checked>",
        "<i hidden>5</i>10",
    ] {
        assert!(is_marked(html), "{html}");
    }
    // Also by the parsed page: what only looks like one, or is not shown.
    for html in [
        "<p>5 <b>mg</b>",
        "<!-- <s>5</s> -->",
        "&lt;s&gt;",
        "<b title='<table>'>",
        "<style><sup></style>",
        "<template><s>5",
    ] {
        assert!(!is_marked(html), "{html}");
    }
}

#[test]
fn what_is_too_long_is_not_cut() {
    assert_eq!(text("<p>abc</p>", 3).as_deref(), Some("abc"));
    assert_eq!(text("<p>abcd</p>", 3), None);
    assert_eq!(text(&format!("a{}b", "<br>".repeat(100)), 50), None);
}

/// A hundred thousand tags each; a converter that looks back at all that are open would be at it for minutes.
#[test]
fn deep_and_broken_pages_are_read_once() {
    let many = 100_000;
    for piece in [
        "<div>",
        "<table><tr><td>",
        "<ol><li>a",
        "<p",
        "<!--",
        "&",
        "<b a='",
        "</",
        "<sup>1",
        "<s>a",
        "<td><br>",
        "<style>",
        "<![CDATA[",
        "<select><option>a",
        "<blockquote>a",
        "<div hidden>a",
        "<p hidden>a",
        "<blockquote>a<br>",
        "<font face=symbol>a",
        "<tr><td rowspan=2>a<td>b",
    ] {
        let page = piece.repeat(many);
        assert!(text(&page, usize::MAX).is_some_and(|text| text.len() <= 40 * many), "{piece}");
    }
}
