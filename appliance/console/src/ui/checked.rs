//! A text that is checked as a whole, with each problem beside its line: the plan's, and that of the settings.

use model::settings::Problem;

/// A problem, as a template sees it.
pub(super) struct ProblemView {
    pub(super) what: String,
    pub(super) help: String,
}

impl ProblemView {
    pub(super) fn new(problem: &Problem) -> Self {
        Self { what: problem.what.clone(), help: problem.help.clone() }
    }
}

/// A line with what is wrong with it.
pub(super) struct LineView {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) problems: Vec<ProblemView>,
}

/// The lines with problems and their neighbours, so that a problem is read where it is. One that names no line is at the first.
pub(super) fn lines(text: &str, problems: &[Problem]) -> Vec<LineView> {
    let line_of = |problem: &Problem| problem.line().unwrap_or(1);
    let at: Vec<usize> = problems.iter().map(line_of).collect();
    let near = |number: usize| at.iter().any(|line| line.abs_diff(number) <= 1);
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line))
        .filter(|(number, _)| near(*number))
        .map(|(number, line)| LineView {
            number,
            text: without_secret(line),
            problems: problems.iter().filter(|p| line_of(p) == number).map(ProblemView::new).collect(),
        })
        .collect()
}

/// A password that stands in the text is not shown beside it once more.
fn without_secret(line: &str) -> String {
    match line.split_once('=') {
        Some((key, _)) if key.trim() == "password" => format!("{key}= …"),
        _ => line.to_owned(),
    }
}
