//! Consistent copies of databases while a browser writes to them: a SQLite file with its logs, a LevelDB
//! folder as a whole, each together with the files it names (`stores`). The folder is only read: no lock is
//! taken, since SQLite's own backup waits for a browser that never lets go. Copies are compared with the
//! files as they are by then, and made again.

mod copy_databases;
mod database_copier;
mod databases;
mod file_copier;
mod listing;

pub(crate) use copy_databases::copy_databases;
pub(crate) use file_copier::DatabaseCopies;
