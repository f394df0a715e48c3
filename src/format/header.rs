//! The header by which proxies pass on who asked, wherever a log has it.

use super::columns::Columns;
use super::header_name::{dashed, is_of_header};
use super::plan::{Item, Plan};
use super::record::Encoding;
use super::{Engine, Format};

impl Format {
    /// The same format, which takes what the log has of a header for [`Record::forwarded`](super::Record): a name as
    /// `X-Forwarded-For`, in any case.
    #[must_use]
    pub fn with_header(mut self, header: &str) -> Format {
        let header = dashed(header);
        for reader in &mut self.readers {
            match &mut reader.engine {
                Engine::Template(plan) => plan.take_header(&header),
                Engine::Keyed(plan) => plan.take_header(&header),
                Engine::Columns(plan) => plan.take_header(&header),
                Engine::Ncsa(_) => {}
            }
        }
        self
    }

    /// Whether lines may have the header. Columns are known only when the log declares them.
    pub fn may_have_header(&self) -> bool {
        self.readers.iter().any(|reader| match &reader.engine {
            Engine::Template(plan) => plan.header_at().is_some(),
            Engine::Keyed(_) | Engine::Columns(_) => true,
            Engine::Ncsa(_) => false,
        })
    }
}

impl Columns {
    /// The columns as [`Format::with_header`] has them.
    #[must_use]
    pub fn with_header(self, header: &str) -> Columns {
        self.taking_header(&dashed(header))
    }
}

impl Plan {
    fn take_header(&mut self, header: &str) {
        // Without quotes, or where quotes are not escaped, a visitor can write the text that ends it.
        let is_escaped = self.encoding != Encoding::None;
        for step in self.steps.iter_mut().filter(|step| step.quoted && is_escaped) {
            if is_of_header(&step.name, header) && step.item.is_passed_over() {
                step.item = Item::Passed;
            }
        }
        self.header_at = self.header_at();
    }

    fn header_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| matches!(step.item, Item::Passed | Item::Clients))
    }
}
