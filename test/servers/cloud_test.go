package servers

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// configured is what the SDK finds in the environment.
func configured(t *testing.T, c Cloud) aws.Config {
	t.Helper()
	c.Setenv(t)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithBaseEndpoint(c.Endpoint))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func bucketClient(t *testing.T, c Cloud) *s3.Client {
	t.Helper()
	return s3.NewFromConfig(configured(t, c), func(o *s3.Options) { o.UsePathStyle = true })
}

func TestSetenvLeavesTheSDKNoOtherSource(t *testing.T) {
	t.Setenv("AWS_PROFILE", "somebody")
	t.Setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Run("inner", func(t *testing.T) {
		c := Cloud{Endpoint: "http://127.0.0.1:2", Region: "us-east-1", AccessKey: "key", SecretKey: "secret"}
		cfg := configured(t, c)
		credentials, err := cfg.Credentials.Retrieve(t.Context())
		if err != nil || credentials.AccessKeyID != "key" || credentials.SecretAccessKey != "secret" || cfg.Region != "us-east-1" {
			t.Errorf("found %s in %s (%v)", credentials.AccessKeyID, cfg.Region, err)
		}
		for _, name := range []string{"AWS_PROFILE", "AWS_ENDPOINT_URL_SQS"} {
			if value, there := os.LookupEnv(name); there {
				t.Errorf("%s is %q", name, value)
			}
		}
	})
	if got := os.Getenv("AWS_PROFILE") + " " + os.Getenv("AWS_REGION"); got != "somebody eu-central-1" {
		t.Errorf("afterwards: %s", got)
	}
}

func newBucket(t *testing.T, client *s3.Client) string {
	t.Helper()
	name := "servers-" + strings.ToLower(rand.Text())
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	return name
}

func put(t *testing.T, client *s3.Client, bucket, condition string) error {
	t.Helper()
	in := &s3.PutObjectInput{Bucket: &bucket, Key: aws.String("a/b"), Body: strings.NewReader("content")}
	if condition != "" {
		in.IfNoneMatch = &condition
	}
	_, err := client.PutObject(t.Context(), in)
	return err
}

func status(err error) int {
	if answer, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return answer.HTTPStatusCode()
	}
	return 0
}

func TestS3TakesObjectsAndChecksConditionsAndSignatures(t *testing.T) {
	c := S3(t)
	client := bucketClient(t, c)
	bucket := newBucket(t, client)
	if err := put(t, client, bucket, "*"); err != nil {
		t.Fatal(err)
	}
	if err := put(t, client, bucket, "*"); status(err) != http.StatusPreconditionFailed {
		t.Errorf("the second conditional put: %v", err)
	}
	c.SecretKey = "wrong"
	if err := put(t, bucketClient(t, c), bucket, ""); status(err) != http.StatusForbidden {
		t.Errorf("with the wrong secret: %v", err)
	}
}

func TestS3KeepsObjectsOverARestart(t *testing.T) {
	s, c := NewS3(t)
	client := bucketClient(t, c)
	bucket := newBucket(t, client)
	if err := put(t, client, bucket, ""); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	refuses(t, s.Address())
	s.Start()
	object, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("a/b")})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	if body, err := io.ReadAll(object.Body); string(body) != "content" || err != nil {
		t.Errorf("got %q (%v)", body, err)
	}
}

// sendAndReceive makes a queue and passes one message through it.
func sendAndReceive(t *testing.T, client *sqs.Client) {
	t.Helper()
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("servers-test")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("hello")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 5})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "hello" {
		t.Fatalf("got %v (%v)", got, err)
	}
}

func TestSQSPassesMessages(t *testing.T) {
	sendAndReceive(t, sqs.NewFromConfig(configured(t, SQS(t))))
}

func TestSQSForgetsItsQueuesInARestart(t *testing.T) {
	s, c := NewSQS(t)
	client := sqs.NewFromConfig(configured(t, c))
	sendAndReceive(t, client)
	s.Kill()
	refuses(t, s.Address())
	s.Start()
	queues, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(queues.QueueUrls) != 0 {
		t.Errorf("it has %v (%v)", queues, err)
	}
	sendAndReceive(t, client)
}
