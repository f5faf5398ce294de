import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Prints the headlines that Copydesk publishes: Consumer.java localhost:9092 [TOPIC]. */
public class Consumer {
    public static void main(String[] arguments) throws Exception {
        String topic = arguments.length > 1 ? arguments[1] : "articles.clean";
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", arguments[0],
                "group.id", "headlines-java",
                "isolation.level", "read_committed", // nothing of a worker that died
                "enable.auto.commit", false, // the place is committed below, after the work
                "auto.offset.reset", "earliest",
                "key.deserializer", ByteArrayDeserializer.class,
                "value.deserializer", ByteArrayDeserializer.class);
        ObjectMapper json = new ObjectMapper();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings)) {
            consumer.subscribe(List.of(topic));
            while (true) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    byte[] id = record.headers().lastHeader("ce_id").value();
                    JsonNode article = json.readTree(record.value());
                    // The work. A store would keep ce_id, and skip a record that it has already.
                    System.out.println(new String(id, StandardCharsets.UTF_8)
                            + "\t" + article.path("headline").asText());
                }
                consumer.commitSync();
            }
        }
    }
}
