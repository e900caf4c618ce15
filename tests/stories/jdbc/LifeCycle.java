import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import org.postgresql.util.PSQLException;

/** The life of a device through pgjdbc. Prints one line for each step. */
public class LifeCycle {
    public static void main(String[] arguments) throws Exception {
        var properties = new Properties();
        properties.put("user", System.getenv("PGUSER"));
        properties.put("password", System.getenv("PGPASSWORD"));
        try (var connection = DriverManager.getConnection(arguments[0], properties)) {
            life(connection);
            metadata(connection);
            values(connection);
            cursor(connection);
        }
    }

    static void life(Connection connection) throws Exception {
        run(connection, "INSERT INTO aws.iam.users (UserName) VALUES (?)", "alice");
        var made = connection.prepareStatement(
            "INSERT INTO aws.iam.virtual_mfa_devices (VirtualMFADeviceName, region) VALUES (?, ?)"
                + " RETURNING SerialNumber, Base32StringSeed");
        made.setString(1, "alice-phone");
        made.setString(2, "us-east-1");
        var row = made.executeQuery();
        row.next();
        var serial = row.getString("SerialNumber");
        var seed = new String(Base64.getDecoder().decode(row.getString(2)), StandardCharsets.UTF_8);
        say("made", serial);
        long now = System.currentTimeMillis() / 1000;
        run(connection,
            "EXEC aws.iam_api.mfa_devices.mfa_devices_Enable @UserName=?, @SerialNumber=?,"
                + " @AuthenticationCode1=?, @AuthenticationCode2=?",
            "alice", serial, code(seed, now - 60), code(seed, now - 30));
        var found = connection.prepareStatement(
            "SELECT UserName, EnableDate, count(*) AS n FROM aws.iam_api.mfa_devices WHERE UserName = ?");
        // From the fifth execution on, the driver prepares the statement and requests binary values.
        for (int time = 0; time < 8; time++) {
            found.setString(1, "alice");
            row = found.executeQuery();
            row.next();
            long age = now - row.getTimestamp(2).getTime() / 1000;
            if (Math.abs(age) > 60) {
                throw new AssertionError("enabled " + age + " seconds ago");
            }
        }
        say("enabled", row.getString(1) + " " + row.getLong("n"));
        try {
            run(connection, "DELETE FROM aws.iam.virtual_mfa_devices WHERE SerialNumber = ?", serial);
        } catch (PSQLException refused) {
            say("refused", refused.getSQLState() + " " + refused.getServerErrorMessage().getDetail());
        }
        run(connection,
            "EXEC aws.iam_api.mfa_devices.mfa_devices_Deactivate @UserName=?, @SerialNumber=?",
            "alice", serial);
        var gone = run(connection,
            "DELETE FROM aws.iam.virtual_mfa_devices WHERE SerialNumber = ?", serial);
        var left = connection.createStatement().executeQuery(
            "SELECT count(*) FROM aws.iam.virtual_mfa_devices");
        left.next();
        say("deleted", gone + " left " + left.getLong(1));
    }

    static void metadata(Connection connection) throws Exception {
        var metadata = connection.getMetaData();
        say("tables", all(metadata.getTables(null, "iam", "virtual\\_mfa%", null), "TABLE_NAME"));
        say("columns", all(
            metadata.getColumns(null, "iam", "virtual_mfa_devices", "%"), "COLUMN_NAME", "TYPE_NAME"));
        say("keys", all(metadata.getPrimaryKeys(null, "iam", "users"), "COLUMN_NAME"));
        say("indexes", all(metadata.getIndexInfo(null, "iam", "users", false, false), "INDEX_NAME"));
        say("schemas", all(metadata.getSchemas(), "TABLE_SCHEM"));
    }

    /** Binary values, a list, and a savepoint. */
    static void values(Connection connection) throws Exception {
        var statement = connection.prepareStatement(
            "SELECT CAST(? AS numeric) + 1, ? WHERE 'a' = ANY (?) LIMIT ?");
        statement.setBigDecimal(1, new java.math.BigDecimal("-12.5"));
        statement.setString(2, "it's");
        statement.setArray(3, connection.createArrayOf("text", new String[] {"a", "b c"}));
        statement.setInt(4, 1);
        var row = statement.executeQuery();
        row.next();
        connection.setAutoCommit(false);
        var savepoint = connection.setSavepoint();
        try {
            connection.createStatement().execute("SELECT missing");
        } catch (PSQLException refused) {
            connection.rollback(savepoint);
        }
        connection.commit();
        connection.setAutoCommit(true);
        say("values", row.getDouble(1) + " " + row.getString(2));
    }

    /** Rows fetched in portions, with another statement between two of them. */
    static void cursor(Connection connection) throws Exception {
        connection.setAutoCommit(false);
        var statement = connection.prepareStatement("SELECT value FROM json_each('[1,2,3,4,5]')");
        statement.setFetchSize(2);
        var rows = statement.executeQuery();
        var seen = new ArrayList<String>();
        while (rows.next()) {
            seen.add(rows.getString(1));
            if (seen.size() == 3) {
                var between = connection.createStatement().executeQuery("SELECT 7");
                between.next();
                seen.add("(" + between.getInt(1) + ")");
            }
        }
        connection.commit();
        say("portions", String.join(" ", seen));
    }

    static int run(Connection connection, String sql, String... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int at = 0; at < values.length; at++) {
                statement.setString(at + 1, values[at]);
            }
            return statement.executeUpdate();
        }
    }

    static String all(ResultSet rows, String... columns) throws SQLException {
        List<String> found = new ArrayList<>();
        while (rows.next()) {
            var cells = new ArrayList<String>();
            for (var column : columns) {
                cells.add(rows.getString(column));
            }
            found.add(String.join(":", cells));
        }
        return String.join(" ", found);
    }

    static String code(String seed, long at) throws Exception {
        var oathtool = new ProcessBuilder("oathtool", "--totp", "--base32", "--now", "@" + at, "-").start();
        oathtool.getOutputStream().write(seed.getBytes(StandardCharsets.UTF_8));
        oathtool.getOutputStream().close();
        return new String(oathtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    }

    static void say(String step, String what) {
        System.out.println(step + ": " + what);
    }
}
