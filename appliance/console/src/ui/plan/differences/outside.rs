//! Calls outside that are otherwise.

use plan::edit::Editor;

use super::super::offhours::{USUAL, facts};
use super::super::outside::{help_said, kinds_said, press_1_said};
use super::super::rights::right_said;
use super::Both;

impl Both<'_> {
    pub(super) fn outside(&self) -> Vec<String> {
        let kinds = [self.before, self.after].map(|editor| kinds_said(self.ctx, &editor.outside()));
        let mut said = self.facts_turned("outside-kinds", kinds);
        said.extend(self.listed(&self.before.call_rights(), &self.after.call_rights(), right_said, "diff-right-order"));
        let off = [self.before, self.after].map(Editor::off_hours);
        said.extend(self.begun("off-title", off, USUAL, facts));
        let help = [self.before, self.after].map(|editor| help_said(self.ctx, &editor.help()));
        said.extend(self.facts_turned("help-title", help));
        let [was, is] = [self.before, self.after].map(Editor::press_1);
        if was != is {
            said.push(press_1_said(self.ctx, is));
        }
        said
    }
}
