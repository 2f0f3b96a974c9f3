//! Consistent copies of databases while a browser writes to them: a SQLite file with its logs, a LevelDB
//! folder as a whole, each together with the files it names (`stores`). The folder is only read: no lock is
//! taken, since SQLite's own backup waits for a browser that never lets go. Copies are compared with what is
//! there by then, and made again.

mod copies;
mod database_copier;
mod databases;

pub(crate) use copies::Copies;
pub(crate) use database_copier::take;
