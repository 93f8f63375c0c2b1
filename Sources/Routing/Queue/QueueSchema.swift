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
        migrator.registerMigration("2") { db in
            try db.execute(
                sql: """
                    ALTER TABLE task ADD COLUMN doneAt REAL;    -- seconds since 1970
                    ALTER TABLE task ADD COLUMN removed REAL;   -- since when its files are not counted on
                    ALTER TABLE task ADD COLUMN isCleared INTEGER NOT NULL DEFAULT FALSE;   -- whether they are gone
                    """)
            try db.execute(
                sql: """
                    UPDATE task SET doneAt = COALESCE((SELECT MAX(sent) FROM result WHERE task = task.id), lastArrival)
                    WHERE state = ?
                    """, arguments: [TaskState.done])
        }
        return migrator
    }
}
