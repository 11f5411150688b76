using System.Globalization;
using EdgePool.Cluster.Documents;

namespace EdgePool.Cluster.Embedded;

/// <summary>The tables of the file and how older ones become today's.</summary>
internal static class Schema
{
    /// <summary>"EdgP" in the file's header: whose file it is.</summary>
    public const int ApplicationId = 0x45646750;

    // The first makes a new file; each further one goes from the version of its place to the next.
    // In every row the body comes last: SQLite reaches what stands before it without reading its pages.
    private static readonly string[] Migrations =
    [
        """
        -- One row: what holds for the whole store. forgotten: the highest version of a deletion that the store no longer knows.
        CREATE TABLE state (
          id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL, documents INTEGER NOT NULL, deleted INTEGER NOT NULL,
          forgotten INTEGER NOT NULL, consents INTEGER NOT NULL);
        INSERT INTO state VALUES (1, 0, 0, 0, 0, 0);

        -- The newest version of each document; body NULL: it is deleted. at: milliseconds since 1970.
        CREATE TABLE document (
          id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
          who TEXT NOT NULL, at INTEGER NOT NULL, why TEXT NOT NULL, body TEXT, UNIQUE (kind, name));
        CREATE INDEX document_version ON document (version);
        CREATE INDEX document_deleted ON document (version) WHERE body IS NULL;

        -- The versions before it.
        CREATE TABLE past (
          document INTEGER NOT NULL, version INTEGER NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL, why TEXT NOT NULL, body TEXT);
        CREATE UNIQUE INDEX past_version ON past (document, version);

        CREATE TABLE consent (
          local TEXT NOT NULL, remote TEXT NOT NULL, partner TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (local, remote)) WITHOUT ROWID;
        CREATE INDEX consent_partner ON consent (partner, local, remote);
        """,
        """
        ALTER TABLE state ADD COLUMN presences INTEGER NOT NULL DEFAULT 0;

        -- Who is shown as available through this node; outward 1: ours to a partner's user.
        CREATE TABLE presence (
          outward INTEGER NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL, partner TEXT NOT NULL, PRIMARY KEY (outward, local, remote)) WITHOUT ROWID;
        """,
        """
        ALTER TABLE state ADD COLUMN known_peers INTEGER NOT NULL DEFAULT 0;

        -- What is known of the keys of partners' domains.
        CREATE TABLE known_peer (domain TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
        """,
        """
        ALTER TABLE state ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;

        -- Consents that were revoked, as long as it is remembered, and since when. at: milliseconds since 1970.
        CREATE TABLE revoked (local TEXT NOT NULL, remote TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (local, remote)) WITHOUT ROWID;
        CREATE INDEX revoked_at ON revoked (at);

        -- The highest token under which an owner of a key has written.
        CREATE TABLE ownership (owned TEXT NOT NULL PRIMARY KEY, token INTEGER NOT NULL) WITHOUT ROWID;
        """,
    ];

    /// <summary>Judges whose file it is, and changes nothing.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="StoreException"><see cref="StoreFault.Foreign"/> or <see cref="StoreFault.NewerSchema"/>.</exception>
    public static void Judge(Database database, string path)
    {
        var version = database.Scalar("PRAGMA user_version");
        var isNew = version == 0 && database.Scalar("SELECT count(*) FROM sqlite_master") == 0;
        if (!isNew && database.Scalar("PRAGMA application_id") != ApplicationId)
        {
            throw new StoreException(StoreFault.Foreign, $"the file {path} is a database of another program: give the store a file of its own");
        }

        if (version < 0 || version > Migrations.Length)
        {
            throw new StoreException(
                StoreFault.NewerSchema,
                $"the store {path} was written by a newer EdgePool (schema {version}, this one knows {Migrations.Length}): run that one, or restore the backup");
        }
    }

    /// <summary>Makes a new file's tables, or an older one's today's, in one transaction.</summary>
    /// <param name="database">The connection that writes, of a file that is judged.</param>
    public static void Bring(Database database)
    {
        var version = (int)database.Scalar("PRAGMA user_version");
        if (version == Migrations.Length)
        {
            return;
        }

        database.Execute("BEGIN IMMEDIATE");
        foreach (var migration in Migrations.AsSpan(version))
        {
            database.Script(migration);
        }

        database.Script(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Migrations.Length}"));
        database.Execute("COMMIT");
    }
}
