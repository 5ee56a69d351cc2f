//! The child's side: reads documents from standard input, writes pages to standard output, and can do nothing else.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use model::Resolution;

use super::protocol::{MAX_ORDER, Message, Order, Task, frame, length, value};
use super::{Claims, MAX_BYTES, MAX_DOCUMENTS, Problem, Step, render_each};
use crate::codes;
use crate::grain::Grain;
use crate::page::Page;
use crate::rank;
use crate::sandbox::{self, Limits, SandboxError};

/// What one conversion may use.
pub(super) const LIMITS: Limits = Limits {
    // The program itself, 64 MiB of documents twice, a painted page, and a picture of 50 million pixels three times.
    memory: 1536 << 20,
    // 200 pages at a second each, on a slow box.
    cpu_seconds: 200,
    renewable: false,
    // Nothing is written but the pipe, which is no file.
    file_bytes: 0,
    open_files: 16,
};

/// The whole life of `frontdesk convert`. It is started by [`super::io::run`] and of no use to a person.
pub fn child_main() -> ExitCode {
    // A message of a panic may quote the document, and nobody may read it.
    std::panic::set_hook(Box::new(|_| {}));
    rank::behind();
    if close_in().is_err() {
        return ExitCode::from(2);
    }
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Gives up all that reading a document does not need.
///
/// # Errors
/// The kernel refuses a step; then the process is to end.
pub fn close_in() -> Result<(), SandboxError> {
    sandbox::enter(&LIMITS, &[])
}

/// Errors are of the pipe: the parent is gone or does not speak our language.
fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let (task, claims, documents) = read_documents(input)?;
    let mut pipe = Ok(());
    let mut say = |message: &Message| {
        if pipe.is_ok() {
            pipe = frame(message).and_then(|bytes| output.write_all(&bytes));
        }
    };
    let end = match task {
        Task::Render(resolution) => render_all(&documents, claims, resolution, &mut say),
        Task::ReadCodes => read_codes(&documents, &mut say),
    };
    say(&end);
    pipe?;
    output.flush()
}

/// Renders one document after the other, so that the parent knows which one is being read.
fn render_all(documents: &[Vec<u8>], claims: Claims, resolution: Resolution, say: &mut dyn FnMut(&Message)) -> Message {
    let slices: Vec<&[u8]> = documents.iter().map(Vec::as_slice).collect();
    let mut current = 0;
    let rendered = catch_unwind(AssertUnwindSafe(|| {
        render_each(&slices, claims, Grain::of(resolution), &mut |step| match step {
            Step::Begins(number) => {
                current = number;
                say(&Message::Begins(short(number)));
            }
            Step::Page(page) => say(&Message::Page(page)),
        })
    }));
    match rendered {
        Ok(Ok(())) => Message::Done,
        Ok(Err((number, problem))) => Message::Failed(short(number), problem),
        Err(_panic) => Message::Failed(short(current), Problem::Crashed),
    }
}

/// Reads the codes of the one page.
fn read_codes(documents: &[Vec<u8>], say: &mut dyn FnMut(&Message)) -> Message {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let page = Page::from_tiff(documents.first().map_or(&[][..], Vec::as_slice)).ok()?;
        codes::read(&page).ok()
    }));
    match read {
        Ok(Some(codes)) => {
            codes.into_iter().for_each(|code| say(&Message::Code(code)));
            Message::Done
        }
        Ok(None) => Message::Failed(0, Problem::Broken),
        Err(_panic) => Message::Failed(0, Problem::Crashed),
    }
}

/// There are at most [`MAX_DOCUMENTS`].
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn read_documents(input: &mut impl Read) -> io::Result<(Task, Claims, Vec<Vec<u8>>)> {
    let mut head = [0; 4];
    input.read_exact(&mut head)?;
    let mut order = vec![0; length(head, MAX_ORDER)?];
    input.read_exact(&mut order)?;
    let order: Order = value(&order)?;
    let total: u64 = order.lengths.iter().copied().map(u64::from).sum();
    if order.lengths.len() > MAX_DOCUMENTS || total > MAX_BYTES as u64 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut documents = Vec::with_capacity(order.lengths.len());
    for length in order.lengths {
        let mut document = vec![0; length as usize];
        input.read_exact(&mut document)?;
        documents.push(document);
    }
    Ok((order.task, order.claims, documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(documents: &[&[u8]]) -> String {
        let lengths = documents.iter().map(|d| short(d.len())).collect();
        let order = Order { task: Task::Render(Resolution::Fine), lengths, claims: Claims::default() };
        let mut input = frame(&order).unwrap();
        documents.iter().for_each(|document| input.extend_from_slice(document));
        let mut output = Vec::new();
        serve(&mut input.as_slice(), &mut output).unwrap();
        let (mut said, mut rest) = (String::new(), output.as_slice());
        while let Some((head, body)) = rest.split_first_chunk::<4>() {
            let (body, next) = body.split_at(u32::from_le_bytes(*head) as usize);
            said.push_str(&format!("{:?}\n", value::<Message>(body).unwrap()));
            rest = next;
        }
        said
    }

    #[test]
    fn the_child_names_the_document_that_fails() {
        let cover = crate::cover::Cover { clinic: "Harbor Street Clinic".to_owned(), ..Default::default() }.to_pdf();
        let said = talk(&[&cover, b"\0no document", &cover]);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "Begins(0)");
        assert!(lines[1].starts_with("Page(Page(1728x2156 at 204x196 dpi"), "{said}");
        assert_eq!(lines[2..], ["Begins(1)", "Failed(1, UnknownType)"]);
    }

    #[test]
    fn an_order_that_lies_is_refused() {
        for bytes in [
            vec![255; 64],
            frame(&Order { task: Task::Render(Resolution::Fine), lengths: vec![u32::MAX; 3], claims: Claims(0) })
                .unwrap(),
            vec![1, 0, 0],
        ] {
            assert!(serve(&mut bytes.as_slice(), &mut Vec::new()).is_err());
        }
    }
}
