//! Writes what the fuzzers of mail begin with into a folder, in one folder for each target.
//!
//! `cargo xtask fuzz` runs it.

use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).ok_or("the folder to write to")?;
    let folder = Path::new(&folder);
    for (target, seeds) in [("letter", letters()), ("page", pages()), ("server", servers()), ("session", sessions())] {
        fs::create_dir_all(folder.join(target))?;
        for (n, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(target).join(n.to_string()), seed)?;
        }
    }
    Ok(())
}

/// Messages as mail programs write them.
fn letters() -> Vec<String> {
    let head = "From: nurse@clinic.test\r\nSubject: =?utf-8?q?Overweisung_f=C3=BCr?= nocover\r\nMIME-Version: 1.0\r\n";
    let plain = format!("{head}\r\nAspirin 100 mg\r\n-- \r\nNurse\r\nSent from my telephone\r\n");
    let twice = pages().into_iter().map(|page| {
        format!(
            "{head}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=windows-1252\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n5=9610 mg=\r\n a day\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n--b--\r\n"
        )
    });
    let attached = format!(
        "{head}Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/related; boundary=r\r\n\r\n--r\r\n\
         Content-Type: text/html\r\n\r\n<img src=cid:logo@x>Hello\r\n--r\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n\
         Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--r--\r\n--m\r\nContent-Type: application/pdf; name*=utf-8''a%20b.pdf\r\n\
         Content-Disposition: attachment\r\n\r\n%PDF-1.4\r\n--m\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody\r\n--m\r\n\
         Content-Type: application/pgp-signature\r\n\r\nx\r\n--m--\r\n"
    );
    twice.chain([plain, attached]).collect()
}

fn pages() -> Vec<String> {
    [
        "<h1>Dose</h1><p>5&#150;10&nbsp;mg <s>20</s> <b>30</b><br>x<sup>2</sup> H<sub>2</sub>O<ul><li>a<ol start=3><li>b</ol></ul>",
        "<table><tr><th>Drug<th>AM<tr><td rowspan=2>Aspirin<td><table><tr><td>5<td>6</table><tr><td colspan=3>7</table>",
        "<select><option>1<option selected>2<optgroup label=x><option>3</select><textarea>4</textarea><input value=5><input type=checkbox checked>",
        "<div style='display:none'>hidden</div><font face=Symbol>a</font><blockquote>said<blockquote>before</blockquote></blockquote><pre> 1\n\t2</pre>",
        "<details><summary>more</summary>less</details><dl><dt>a<dd>b</dl><script>x</script><style>y</style><title>z</title><!-- c --><q>d</q>",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The first octet says how the rest is cut.
fn sessions() -> Vec<String> {
    let sign_in = "EHLO pc\r\nAUTH PLAIN AG51cnNlQGNsaW5pYy5kZW1vAHNlY3JldA==\r\n";
    let letter =
        "MAIL FROM:<nurse@clinic.test> SIZE=100\r\nRCPT TO:<12025550101@fax.clinic.test>\r\nRCPT TO:<x@y>\r\nDATA\r\n";
    [
        format!("\x10{sign_in}{letter}Subject: a\r\n\r\n..\r\n.a\r\n.\r\nNOOP\r\nRSET\r\nVRFY x\r\nHELP\r\nQUIT\r\n"),
        format!("\x01EHLO pc\r\nAUTH LOGIN\r\nbnVyc2U=\r\nc2VjcmV0\r\n{letter}a\n.\n\r\n.\r\nQUIT\r\n"),
        "\x7fHELO pc\r\nAUTH PLAIN\r\n*\r\nMAIL FROM:<>\r\nRCPT TO:<\"1 2\"@x>\r\nDATA\r\n".to_owned(),
    ]
    .to_vec()
}

fn servers() -> Vec<String> {
    let hello = "220 mail\r\n250-mail\r\n250-SIZE 1000\r\n250 8BITMIME\r\n";
    [
        format!("\x10{hello}250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n"),
        format!("\x01{hello}250 ok\r\n550-5.1.1 nobody\r\n550 here\r\n221 bye\r\n"),
        "\x7f220 mail\r\n502 what\r\n250 mail\r\n250 ok\r\n250 ok\r\n354 go\r\n452 4.3.1 full\r\n".to_owned(),
        format!("\x20{hello}250 ok\r\n250 ok\r\n354 go\r\n421 closing\r\n"),
    ]
    .to_vec()
}
