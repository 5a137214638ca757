//! The suite that every backend passes, in three moods of the embedded store: as shipped, moving everything into tables
//! at once, and never moving anything.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tempfile::TempDir;
use tenure_store::Store;
use tenure_store::conformance::Backend;
use tenure_store_sqlite::{Options, SqliteStore};

struct Sqlite {
    store: Option<SqliteStore>,
    options: Options,
    _dir: TempDir,
}

impl Sqlite {
    fn open(change: impl FnOnce(&mut Options)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = Options::new(dir.path());
        options.reserve_bytes = 0;
        options.readers = 1;
        change(&mut options);
        Self { store: Some(SqliteStore::open(options.clone()).unwrap()), options, _dir: dir }
    }
}

impl Backend for Sqlite {
    fn store(&self) -> &dyn Store {
        self.store.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        self.store.take().unwrap().shutdown();
        self.store = Some(SqliteStore::open(self.options.clone()).unwrap());
    }
}

mod as_shipped {
    tenure_store::conformance_tests!(super::Sqlite::open(|_| ()));
}

mod moving_at_once {
    tenure_store::conformance_tests!(super::Sqlite::open(|options| {
        options.apply_appends = 1;
        options.apply_age_ms = 0;
        options.checkpoint_pages = 16;
    }));
}

mod never_moving {
    tenure_store::conformance_tests!(super::Sqlite::open(|options| {
        options.apply_appends = usize::MAX;
        options.apply_bytes = usize::MAX;
        options.apply_age_ms = u64::MAX;
    }));
}
