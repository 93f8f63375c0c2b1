import GRDB

/// The queue's tables.
enum QueueSchema {
    /// Brings a data base of an earlier version up to date.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(
                sql: """
                    CREATE TABLE task (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        series TEXT NOT NULL,
                        rule TEXT,              -- JSON, as it was when the first object came
                        state TEXT NOT NULL,
                        resumes TEXT,           -- of what failed: the state that it goes on in
                        attempts INTEGER NOT NULL DEFAULT 0,
                        reason TEXT,
                        nextTry REAL,           -- seconds since 1970
                        lastArrival REAL NOT NULL
                    );
                    CREATE INDEX taskState ON task (state);
                    CREATE TABLE object (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        task INTEGER NOT NULL REFERENCES task (id),
                        instance TEXT NOT NULL UNIQUE,
                        class TEXT NOT NULL,
                        series TEXT NOT NULL,
                        digest TEXT NOT NULL,
                        failure TEXT            -- why it has no result
                    );
                    CREATE INDEX objectTask ON object (task);
                    CREATE INDEX objectSeries ON object (series);
                    CREATE TABLE result (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        task INTEGER NOT NULL REFERENCES task (id),
                        instance TEXT NOT NULL UNIQUE,
                        class TEXT NOT NULL,
                        file TEXT NOT NULL,     -- below the queue's folder
                        sent REAL,              -- when the destination acknowledged it
                        failure TEXT            -- why it never will
                    );
                    CREATE INDEX resultTask ON result (task);
                    CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);
                    """)
        }
        return migrator
    }
}
